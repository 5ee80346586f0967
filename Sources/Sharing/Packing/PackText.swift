internal import Bytes
package import Reporting
internal import Targets

/// What came of packing, for people.
package enum PackText {
  package static func write(_ summary: PackSummary, to output: ByteOutput) {
    var text = "\(Escaping.escaped(summary.path)): \(Quantities.bytes(summary.size))\n"
    text += "  memory  \(Quantities.bytes(summary.keptBytes)) of \(Quantities.bytes(summary.dumpedBytes))\n"
    text += "  files   \(Quantities.count(summary.fileCount, "file")), \(Quantities.bytes(summary.fileBytes)) of them\n"
    if summary.isRedacted { text += "  redacted: texts, values, arguments and the heap's contents are zeroed\n" }
    switch (summary.isVerified, summary.isRedacted) {
    case (true, false): text += "  the report made from it is the same\n"
    case (true, true): text += "  the verdict made from it is the same\n"
    case (false, _): text += "  WARNING: the report made from it is not the same\n"
    }
    if let signature = summary.signature { text += "  signature \(signature)\n" }
    output.append(verbatim: text)
    output.flush()
  }
}

extension PackError: CustomStringConvertible {
  /// One clause for people.
  package var description: String {
    switch self {
    case .core(let error): "the trimmed core cannot be read: \(error.description)"
    case .bundle(let error): "the bundle cannot be read: \(error.description)"
    case .file(let error) where error.errno == 17: "\(error.path) is the core itself"
    case .file(let error): "\(error.path) cannot be written: \(SystemErrors.text(error.errno))"
    case .compression: "there is no memory to compress it"
    case .report: "the report cannot be written"
    }
  }
}
