/// A mapping of the target's address space.
public struct Mapping: Sendable {
  /// The first address, and the one after the last.
  public let start: UInt64
  public let end: UInt64
  /// What the dump says of its protection; nil where only NT_FILE told of the mapping.
  public let permissions: Permissions?
  /// The file behind it, as the target names it.
  public let path: String?
  /// The offset in that file of the first byte.
  public let fileOffset: UInt64
  /// How many bytes from `start` the dump holds; 0 for none (a guard, or filtered out).
  public let dumpedSize: UInt64
  /// How many bytes from `start` the dump claims to hold: more than `dumpedSize` where it was cut.
  public let statedSize: UInt64
  /// What the mapping is used for.
  public var use: Use

  /// What may be done to the memory, as p_flags of a PT_LOAD says it.
  public struct Permissions: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// PF_R.
    public static let read = Permissions(rawValue: 4)
    /// PF_W.
    public static let write = Permissions(rawValue: 2)
    /// PF_X.
    public static let execute = Permissions(rawValue: 1)
  }

  /// What a mapping is used for, as far as it can be told.
  public enum Use: Sendable, Equatable {
    case unknown
    case file
    case anonymous
    /// The heap that brk(2) grows.
    case heap
    /// A heap of one of glibc's thread arenas.
    case arena
    /// The stack that the thread with this id runs on, or came from: main, pthread, any other.
    case stack(tid: Int32)
    /// The alternate signal stack of the thread with this id.
    case signalStack(tid: Int32)
    /// No permissions, below a stack.
    case guardPage
    /// No permissions, elsewhere: address space held in reserve.
    case reserved
    case vdso
    case vvar
    case vsyscall
  }

  public init(
    start: UInt64, end: UInt64, permissions: Permissions?, path: String? = nil, fileOffset: UInt64 = 0,
    dumpedSize: UInt64 = 0, statedSize: UInt64 = 0, use: Use = .unknown
  ) {
    self.start = start
    self.end = end
    self.permissions = permissions
    self.path = path
    self.fileOffset = fileOffset
    self.dumpedSize = dumpedSize
    self.statedSize = statedSize
    self.use = use
  }

  /// In bytes.
  public var size: UInt64 { end - start }
  /// Whether the target's `address` lies in it.
  public func contains(_ address: UInt64) -> Bool { address >= start && address < end }
}
