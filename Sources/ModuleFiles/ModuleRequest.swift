public import Bytes

/// What is known of a module whose file is looked for.
public struct ModuleRequest: Sendable {
  /// The path as the target names it.
  public var path: String
  /// The build-id as the target's memory holds it; nil where that was not dumped.
  public var buildID: ByteView?
  /// What the target's memory holds of the file's first page: the ELF header and what follows. Empty where
  /// that was not dumped.
  public var image: ByteView
  /// The mappings of the file in the target.
  public var mappings: [FileMapping]
  /// What is added to an address that the linker stated to give one in the target, where that is known.
  public var bias: UInt64?
  /// What the kernel told the program of itself; of the executable alone.
  public var launch: Launch?
  /// The target's memory, to compare a file with it where the build-id is not known.
  public var memory: (any ModuleMemory)?
  /// The target's e_machine; a file for another is refused.
  public var machine: UInt16
  /// Whether this is the program's executable, which the user may have named.
  public var isExecutable: Bool

  public init(
    path: String, buildID: ByteView?, image: ByteView = .empty, mappings: [FileMapping] = [], bias: UInt64? = nil,
    launch: Launch? = nil, memory: (any ModuleMemory)? = nil, machine: UInt16, isExecutable: Bool = false
  ) {
    self.path = path
    self.buildID = buildID
    self.image = image
    self.mappings = mappings
    self.bias = bias
    self.launch = launch
    self.memory = memory
    self.machine = machine
    self.isExecutable = isExecutable
  }
}

/// AT_PHDR, AT_PHNUM and AT_ENTRY of the auxiliary vector.
public struct Launch: Sendable, Equatable {
  /// The address of the program headers.
  public let headers: UInt64
  /// How many program headers there are.
  public let headerCount: UInt64
  /// The address of the program's entry.
  public let entry: UInt64

  public init(headers: UInt64, headerCount: UInt64, entry: UInt64) {
    self.headers = headers
    self.headerCount = headerCount
    self.entry = entry
  }
}

/// What a search for files must know of the target's memory. Addresses are the target's.
public protocol ModuleMemory: Sendable {
  /// As many of the `count` bytes at `address` as were dumped.
  func dumpedBytes(at address: UInt64, atMost count: Int) -> ByteView
  /// Whether anything was mapped at `address`.
  func isMapped(_ address: UInt64) -> Bool
}

/// A part of a file that a target had mapped (NT_FILE).
public struct FileMapping: Sendable, Equatable {
  /// The first address in the target, and the one after the last.
  public let start: UInt64
  public let end: UInt64
  /// The offset in the file of the first byte.
  public let fileOffset: UInt64

  public init(start: UInt64, end: UInt64, fileOffset: UInt64) {
    self.start = start
    self.end = end
    self.fileOffset = fileOffset
  }
}

/// What a search came to.
public struct FileSearch: Sendable {
  /// The file, where one was found that may be believed.
  public let found: FoundFile?
  /// What was looked at and refused. Places where nothing lies are left out.
  public let refused: [RefusedFile]

  public init(found: FoundFile?, refused: [RefusedFile]) {
    self.found = found
    self.refused = refused
  }
}
