/// A crash's signature, and how it was made.
package enum SignatureText {
  /// Writes a line with the signature, then what it was made of; or the signature as JSON.
  ///
  /// - Throws: what the encoder throws.
  package static func write(_ signature: ReportedSignature?, isJSON: Bool, to output: ByteOutput) throws {
    if isJSON { return try ReportEncoder.encode(signature, to: output) }
    guard let signature else {
      output.append(verbatim: "no signature: neither a cause nor a signal is known\n")
      output.flush()
      return
    }
    output.append(verbatim: "\(signature.text)\n")
    list("the same with and without debug files, made of", signature.parts, output)
    if let names = signature.names {
      output.append(verbatim: "\n\(signature.version):\(names.hash)\n")
      list("the same for other builds of the program, made of", names.parts, output)
    } else {
      output.append(verbatim: "\nno signature by names, for other builds: functions that count have none\n")
    }
    if !signature.skipped.isEmpty { list("\nleft out, as unlike crashes have them", signature.skipped, output) }
    output.flush()
  }

  private static func list(_ title: String, _ parts: [String], _ output: ByteOutput) {
    output.append(verbatim: "\(title):\n")
    for part in parts { output.append(verbatim: "    \(Escaping.escaped(part))\n") }
  }
}
