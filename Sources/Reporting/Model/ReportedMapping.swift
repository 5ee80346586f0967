/// A mapping of the target's address space.
package struct ReportedMapping: Codable, Sendable {
  package var start: HexAddress
  package var end: HexAddress
  /// "rwx" with "-" for what is not allowed; nil where nothing tells.
  package var permissions: String?
  /// "file", "anonymous", "heap", "arena", "stack", "signal-stack", "guard", "reserved", "vdso", "vvar", "vsyscall"
  /// or "unknown".
  package var use: String
  /// The thread whose stack it is.
  package var thread: Int32?
  package var path: String?
  package var fileOffset: HexAddress?
  /// How many bytes from its start the core holds, and how many it claims to hold.
  package var dumpedSize: UInt64
  package var statedSize: UInt64

  package init(
    start: HexAddress, end: HexAddress, permissions: String? = nil, use: String, thread: Int32? = nil,
    path: String? = nil, fileOffset: HexAddress? = nil, dumpedSize: UInt64 = 0, statedSize: UInt64 = 0
  ) {
    self.start = start
    self.end = end
    self.permissions = permissions
    self.use = use
    self.thread = thread
    self.path = path
    self.fileOffset = fileOffset
    self.dumpedSize = dumpedSize
    self.statedSize = statedSize
  }
}

/// An executable or shared object that the process had mapped, and what was found of its files.
package struct ReportedModule: Codable, Sendable {
  package var path: String
  package var start: HexAddress
  package var end: HexAddress
  package var bias: HexAddress
  /// In hexadecimal.
  package var buildID: String?
  package var file: ReportedFile?
  package var debugFile: ReportedFile?
  package var refused: [ReportedRefusal]

  package init(
    path: String, start: HexAddress, end: HexAddress, bias: HexAddress, buildID: String? = nil,
    file: ReportedFile? = nil, debugFile: ReportedFile? = nil, refused: [ReportedRefusal] = []
  ) {
    self.path = path
    self.start = start
    self.end = end
    self.bias = bias
    self.buildID = buildID
    self.file = file
    self.debugFile = debugFile
    self.refused = refused
  }
}

/// A file that was found and believed.
package struct ReportedFile: Codable, Sendable {
  package var path: String?
  /// "named", "path", "build-id", "debug-link", "debug-data" or "memory".
  package var origin: String
  /// Whether its build-id was compared with the one in the core and equal.
  package var isVerified: Bool

  package init(path: String?, origin: String, isVerified: Bool) {
    self.path = path
    self.origin = origin
    self.isVerified = isVerified
  }
}

/// A file that was tried and not used.
package struct ReportedRefusal: Codable, Sendable {
  package var path: String
  /// "unreadable", "not-usable", "wrong-build-id", "wrong-checksum", "other-layout" or
  /// "link-loop".
  package var kind: String
  /// In a sentence.
  package var reason: String

  package init(path: String, kind: String, reason: String) {
    self.path = path
    self.kind = kind
    self.reason = reason
  }
}
