package import Bytes
package import Targets

/// How a core is packed.
package struct PackOptions: Sendable {
  /// Whether the program's files that the report used go into the bundle.
  package var withFiles: Bool
  /// Whether texts that are no symbols, values of variables and the heap's contents are zeroed.
  package var isRedacted: Bool

  package init(withFiles: Bool = true, isRedacted: Bool = false) {
    self.withFiles = withFiles
    self.isRedacted = isRedacted
  }
}

/// What came of packing.
package struct PackSummary: Codable, Sendable {
  /// Where the bundle lies, and its size in bytes.
  package var path: String
  package var size: UInt64
  /// Of the memory that the core held, how many bytes were kept.
  package var dumpedBytes: UInt64
  package var keptBytes: UInt64
  /// How many of the program's files are in the bundle, and how many bytes of them.
  package var fileCount: Int
  package var fileBytes: UInt64
  package var isRedacted: Bool
  /// Whether the report was made again from the bundle, and came out the same.
  package var isVerified: Bool
  /// The verdict that it holds.
  package var signature: String?
}

/// Why a core could not be packed.
package enum PackError: Error, Equatable {
  case core(CoreError)
  case bundle(BundleError)
  /// A temporary file, or the bundle itself, could not be written.
  case file(FileError)
  /// The library that compresses failed, for want of memory.
  case compression
  /// The report could not be written as JSON.
  case report
}
