public import Bytes

/// A program header, Elf64_Phdr: a segment of a file, or of a dumped process (gABI chapter 5).
public struct ProgramHeader: Sendable, Equatable {
  public let type: UInt32
  public let flags: UInt32
  /// p_offset, a file offset.
  public let fileOffset: UInt64
  /// p_vaddr: in a file an address as the linker stated it, in a core an address in the target.
  public let address: UInt64
  public let fileSize: UInt64
  public let memorySize: UInt64
  public let alignment: UInt64

  /// PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_PHDR, PT_TLS, PT_GNU_EH_FRAME, PT_GNU_STACK.
  public static let load: UInt32 = 1
  public static let dynamic: UInt32 = 2
  public static let interpreter: UInt32 = 3
  public static let note: UInt32 = 4
  public static let programHeaders: UInt32 = 6
  public static let threadLocal: UInt32 = 7
  public static let ehFrameHeader: UInt32 = 0x6474_e550
  public static let gnuStack: UInt32 = 0x6474_e551

  public var isReadable: Bool { flags & 4 != 0 }
  public var isWritable: Bool { flags & 2 != 0 }
  public var isExecutable: Bool { flags & 1 != 0 }

  static let size = 56

  /// - Parameter bytes: at least 56 bytes, as ``ELFFile`` and readers of a target's memory slice them.
  public init(_ bytes: ByteView) {
    func field<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, _ offset: Int) -> T {
      bytes.load(type, at: offset) ?? 0
    }
    type = field(UInt32.self, 0)
    flags = field(UInt32.self, 4)
    fileOffset = field(UInt64.self, 8)
    address = field(UInt64.self, 16)
    fileSize = field(UInt64.self, 32)
    memorySize = field(UInt64.self, 40)
    alignment = field(UInt64.self, 48)
  }
}
