internal import Bytes

extension CommonInformationEntry {
  /// The CIE behind `header`.
  init(_ header: CallFrameSection.EntryHeader, in section: CallFrameSection) throws(CallFrameError) {
    var reader = CallFrameReader(section, header.contents)
    let version = try reader.u8()
    guard version == 1 || version == 3 || version == 4 else {
      throw .unsupportedVersion(version, offset: header.offset)
    }
    let augmentationRange = try reader.string()
    let augmentation = section.bytes.slice(augmentationRange.lowerBound, augmentationRange.count) ?? .empty
    // GCC 2: a pointer to a table of its own follows.
    if augmentation.equals("eh") { try reader.skip(8) }
    var segmentSelectorSize: UInt8 = 0
    if version == 4 {
      let addressSize = try reader.u8()
      segmentSelectorSize = try reader.u8()
      guard addressSize == 8 else { throw .addressSize(addressSize, offset: header.offset) }
      guard segmentSelectorSize <= 8 else { throw .addressSize(segmentSelectorSize, offset: header.offset) }
    }
    let codeAlignment = try reader.uleb128()
    let dataAlignment = try reader.sleb128()
    let returnAddressRegister = version == 1 ? UInt64(try reader.u8()) : try reader.uleb128()
    let features = try Augmentation(augmentation, &reader, entry: header.offset)
    self.init(
      offset: header.offset, version: version, codeAlignment: codeAlignment, dataAlignment: dataAlignment,
      returnAddressRegister: returnAddressRegister, segmentSelectorSize: segmentSelectorSize,
      pointerEncoding: features.pointerEncoding, hasAugmentationData: features.hasData,
      isSignalFrame: features.isSignalFrame, usesBKey: features.usesBKey,
      instructions: reader.offset..<header.contents.upperBound)
  }
}

/// What the letters of an augmentation string say.
private struct Augmentation {
  var hasData = false
  var pointerEncoding = PointerEncoding.absolute
  var isSignalFrame = false
  var usesBKey = false

  /// - Parameter reader: at the augmentation data; left behind it.
  init(_ letters: ByteView, _ reader: inout CallFrameReader, entry: Int) throws(CallFrameError) {
    guard !letters.isEmpty, !letters.equals("eh") else { return }
    hasData = letters.load(UInt8.self, at: 0) == UInt8(ascii: "z")
    var end = reader.offset
    if hasData {
      let length = try reader.uleb128()
      let start = reader.offset
      try reader.skip(length)
      end = reader.offset
      try reader.seek(to: start)
    }
    for index in (hasData ? 1 : 0)..<letters.count {
      let letter = letters.load(UInt8.self, at: index) ?? 0
      guard try read(letter, &reader) else {
        // The length of the data is known with `z`: what an unknown letter adds can be left out.
        guard hasData else { throw .unknownAugmentation(offset: entry) }
        break
      }
    }
    guard hasData else { return }
    guard reader.offset <= end else { throw .entryTruncated(offset: entry) }
    try reader.seek(to: end)
  }

  /// - Returns: whether the letter is known.
  private mutating func read(_ letter: UInt8, _ reader: inout CallFrameReader) throws(CallFrameError) -> Bool {
    switch letter {
    case UInt8(ascii: "S"): isSignalFrame = true
    case UInt8(ascii: "B"): usesBKey = true
    // MTE-tagged stack frames (AADWARF64).
    case UInt8(ascii: "G"): break
    case UInt8(ascii: "R") where hasData: pointerEncoding = PointerEncoding(rawValue: try reader.u8())
    case UInt8(ascii: "L") where hasData: _ = try reader.u8()
    case UInt8(ascii: "P") where hasData:
      let encoding = PointerEncoding(rawValue: try reader.u8())
      if encoding != .omitted { _ = try reader.pointer(encoding) }
    default: return false
    }
    return true
  }
}

extension FrameDescriptionEntry {
  /// The FDE behind `header`.
  init(
    _ header: CallFrameSection.EntryHeader, _ cie: CommonInformationEntry, in section: CallFrameSection
  ) throws(CallFrameError) {
    guard !cie.pointerEncoding.isIndirect else {
      throw .pointerEncoding(cie.pointerEncoding.rawValue, offset: header.offset)
    }
    var reader = CallFrameReader(section, header.contents)
    try reader.skip(UInt64(cie.segmentSelectorSize))
    let start = try reader.pointer(cie.pointerEncoding)
    let size = try reader.pointer(cie.pointerEncoding.formatOnly)
    let (end, overflow) = start.addingReportingOverflow(size)
    guard !overflow else { throw .overflow(offset: header.offset) }
    if cie.hasAugmentationData { try reader.skip(try reader.uleb128()) }
    self.init(
      offset: header.offset, cie: cie, start: start, end: end,
      instructions: reader.offset..<header.contents.upperBound)
  }
}
