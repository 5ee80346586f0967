/// A common information entry: what many functions' call frame information has in common
/// (DWARF 5, section 6.4.1; LSB 5, core, section 10.6.1.1).
public struct CommonInformationEntry: Sendable, Equatable {
  /// Where it begins in its section.
  public let offset: Int
  /// 1 (DWARF 2 and `.eh_frame`), 3 or 4.
  public let version: UInt8
  /// The code alignment factor: what advances of the location count in, in bytes.
  public let codeAlignment: UInt64
  /// The data alignment factor: what offsets from the CFA count in, in bytes.
  public let dataAlignment: Int64
  /// The column that stands for the return address.
  public let returnAddressRegister: UInt64
  /// The size in bytes of the segment selectors that its FDEs begin with, usually 0.
  public let segmentSelectorSize: UInt8
  /// How its FDEs encode addresses (augmentation `R`).
  public let pointerEncoding: PointerEncoding
  /// Whether its FDEs have augmentation data (augmentation `z`).
  public let hasAugmentationData: Bool
  /// Whether its functions are signal frames (augmentation `S`): the caller's pc is exact.
  public let isSignalFrame: Bool
  /// Whether return addresses are signed with the B key (augmentation `B`, aarch64).
  public let usesBKey: Bool
  /// The initial instructions, as offsets in the section.
  public let instructions: Range<Int>
}

/// A frame description entry: the call frame information of one function
/// (DWARF 5, section 6.4.1; LSB 5, core, section 10.6.1.2).
public struct FrameDescriptionEntry: Sendable, Equatable {
  /// Where it begins in its section.
  public let offset: Int
  /// The entry that it shares with other functions.
  public let cie: CommonInformationEntry
  /// The function's first address: in the address space of the section that was read.
  public let start: UInt64
  /// The address after the function's last.
  public let end: UInt64
  /// Its instructions, as offsets in the section.
  public let instructions: Range<Int>

  /// Whether `address`, in the address space of ``start``, lies in the function.
  public func contains(_ address: UInt64) -> Bool { address >= start && address < end }

  /// The same entry for a function that lies `bias` further on. Wraps.
  public func moved(by bias: UInt64) -> FrameDescriptionEntry {
    FrameDescriptionEntry(
      offset: offset, cie: cie, start: start &+ bias, end: end &+ bias, instructions: instructions)
  }
}
