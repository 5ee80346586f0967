public import Bytes

/// A program header, Elf64_Phdr: a segment of a file, or of a dumped process (gABI chapter 5).
public struct ProgramHeader: Sendable, Equatable {
  /// p_type.
  public let type: UInt32
  /// p_flags: 1 execute, 2 write, 4 read.
  public let flags: UInt32
  /// p_offset, a file offset.
  public let fileOffset: UInt64
  /// p_vaddr: in a file an address as the linker stated it, in a core an address in the target.
  public let address: UInt64
  /// p_filesz: how many bytes the file holds of it.
  public let fileSize: UInt64
  /// p_memsz, in bytes; more than `fileSize` where zeros follow.
  public let memorySize: UInt64
  /// p_align, in bytes.
  public let alignment: UInt64

  /// PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_PHDR, PT_TLS, PT_GNU_EH_FRAME, PT_GNU_STACK.
  public static let load: UInt32 = 1
  /// PT_DYNAMIC.
  public static let dynamic: UInt32 = 2
  /// PT_INTERP.
  public static let interpreter: UInt32 = 3
  /// PT_NOTE.
  public static let note: UInt32 = 4
  /// PT_PHDR.
  public static let programHeaders: UInt32 = 6
  /// PT_TLS.
  public static let threadLocal: UInt32 = 7
  /// PT_GNU_EH_FRAME.
  public static let ehFrameHeader: UInt32 = 0x6474_e550
  /// PT_GNU_STACK.
  public static let gnuStack: UInt32 = 0x6474_e551

  /// PF_R.
  public var isReadable: Bool { flags & 4 != 0 }
  /// PF_W.
  public var isWritable: Bool { flags & 2 != 0 }
  /// PF_X.
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
