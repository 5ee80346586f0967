public import Bytes

/// Why call frame information could not be used. Offsets count from the first byte of its section.
public enum CallFrameError: Error, Equatable {
  /// A value could not be read.
  case bytes(ByteError)
  /// The entry at `offset` runs beyond the end of the section, or is too short for its own header.
  case entryTruncated(offset: Int)
  /// What lies at `offset` is not the kind of entry that was asked for.
  case wrongEntry(offset: Int)
  /// The CIE at `offset` has a version other than 1, 3 and 4.
  case unsupportedVersion(UInt8, offset: Int)
  /// The CIE at `offset` has an augmentation that changes the layout of what follows in an unknown way.
  case unknownAugmentation(offset: Int)
  /// The CIE at `offset` states addresses of a size other than 8 bytes, or segment selectors of more than 8.
  case addressSize(UInt8, offset: Int)
  /// A pointer at `offset` is encoded in a way (DW_EH_PE) that is unknown or makes no sense there.
  case pointerEncoding(UInt8, offset: Int)
  /// An unknown call frame instruction.
  case unknownInstruction(UInt8, offset: Int)
  /// DW_CFA_restore_state without a remembered state, or more remembered states than
  /// ``CallFrameRow/maximumRememberedStates``.
  case stateStack(offset: Int)
  /// An instruction changes one half of a CFA rule that is not register and offset.
  case cfaRule(offset: Int)
  /// An address or an offset that was computed from a file does not fit into 64 bits.
  case overflow(offset: Int)
}
