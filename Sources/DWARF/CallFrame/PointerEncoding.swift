/// How a pointer is encoded in `.eh_frame` and `.eh_frame_hdr`: DW_EH_PE_* (LSB 5, core, section 10.5.1).
public struct PointerEncoding: Sendable, Equatable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// DW_EH_PE_omit: there is no pointer.
  public static let omitted = PointerEncoding(rawValue: 0xff)
  /// DW_EH_PE_absptr: an address of the target's size.
  public static let absolute = PointerEncoding(rawValue: 0)

  /// What the value is relative to: 0 nothing, 0x10 its own place, 0x20 text, 0x30 data, 0x40 the
  /// function, 0x50 nothing and aligned.
  var application: UInt8 { rawValue & 0x70 }
  /// The size, and whether it is signed.
  var format: UInt8 { rawValue & 0x0f }
  /// Whether the value is the address of the pointer.
  var isIndirect: Bool { rawValue & 0x80 != 0 }
  /// The format without application: what the size of a function is read with.
  var formatOnly: PointerEncoding { PointerEncoding(rawValue: format) }
  /// Whether a value is an address as the linker stated it, which knows nothing of where a module came to lie.
  public var isAbsolute: Bool { self != .omitted && (application == 0 || application == 0x50) }

  /// The number of bytes of the format; nil for LEB128 and unknown ones.
  var fixedSize: Int? {
    switch format {
    case 0x00, 0x04, 0x08, 0x0c: 8
    case 0x02, 0x0a: 2
    case 0x03, 0x0b: 4
    default: nil
    }
  }
}

/// What encoded pointers are relative to. All are addresses in one space: the target's for `.eh_frame`.
struct PointerBases {
  /// The address of the section's first byte.
  var section: UInt64
  var text: UInt64 = 0
  var data: UInt64 = 0
}
