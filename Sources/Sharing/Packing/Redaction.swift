internal import Bytes
internal import ELF
internal import Machine
internal import Targets

/// Zeroes what a core tells of its program's data, and keeps what tells of its death: addresses, small numbers, the names
/// of environment variables, paths that the loader uses.
struct Redaction {
  private let target: CoreTarget
  /// Bytes that stay as they are, by address.
  private let verbatim: ByteRanges
  private let mask: UInt64

  private static let piece: UInt64 = 1 << 20

  init(_ target: CoreTarget) {
    self.target = target
    verbatim = RedactionExceptions.ranges(target).merged()
    mask = target.codePointerMask
  }

  /// Hands out memory from `address` on, redacted, by the piece; `offset` counts from there.
  func write<E: Error>(
    _ bytes: ByteView, from address: UInt64, to output: ([UInt8], _ offset: UInt64) throws(E) -> Void
  ) throws(E) {
    var offset: UInt64 = 0
    while offset < UInt64(bytes.count) {
      // A piece lies in one mapping, or in none.
      let start = address + offset
      let index = target.mappingIndex(reaching: start)
      let next = index.map { target.mappings[$0] }.map { $0.contains(start) ? $0.end : $0.start } ?? UInt64.max
      let piece = bytes.prefix(from: offset, atMost: min(Self.piece, next - start)).array
      guard !piece.isEmpty else { return }
      try output(redacted(piece, at: start), offset)
      offset += UInt64(piece.count)
    }
  }

  /// Memory of one mapping from `address` on, a multiple of eight.
  func redacted(_ bytes: [UInt8], at address: UInt64) -> [UInt8] {
    if isCode(address) { return bytes }
    var result = bytes
    for start in stride(from: 0, to: bytes.count, by: 8) {
      let end = min(start + 8, bytes.count)
      var word: UInt64 = 0
      for index in stride(from: end - 1, through: start, by: -1) { word = word << 8 | UInt64(bytes[index]) }
      if word == 0 || isAddress(word, at: address + UInt64(start)) { continue }
      // Otherwise each half by itself: many structures have two numbers in a word.
      for half in [start, start + 4] where half < end {
        let value = UInt32(truncatingIfNeeded: word >> UInt64(8 * (half - start)))
        if Self.isNumber(value) { continue }
        for index in half..<min(half + 4, end) { result[index] = 0 }
      }
    }
    let whole = address..<(address + UInt64(bytes.count))
    for range in verbatim.clipped(to: [whole]).all {
      for place in range { result[Int(place - address)] = bytes[Int(place - address)] }
    }
    return result
  }

  /// Whether memory there is code, or what the kernel lays out: it is no data of the program's.
  private func isCode(_ address: UInt64) -> Bool {
    guard let mapping = target.mapping(containing: address) else { return false }
    guard let permissions = mapping.permissions else { return mapping.use == .vdso }
    return mapping.use == .vdso || permissions.contains(.execute) && !permissions.contains(.write)
  }

  /// Whether a word is an address that was mapped or next to it, a size of whole pages or chunks, or a link of one of
  /// malloc's lists, which holds its own address (glibc 2.32, PROTECT_PTR).
  private func isAddress(_ word: UInt64, at place: UInt64) -> Bool {
    // No text has such low bytes.
    if word < 1 << 40, word & 0xff8 == 0 { return true }
    let link = word ^ (place >> 12)
    return isMapped(word) || link == 0 || link & 15 == 0 && link < 1 << 47 && isMapped(link)
  }

  private func isMapped(_ word: UInt64) -> Bool {
    let address = target.architecture == .aarch64 ? word & ~mask & 0x00ff_ffff_ffff_ffff : word
    guard address >= 65_536 else { return false }
    if target.mapping(containing: address) != nil { return true }
    return target.lastMapping(below: address)?.end == address
  }

  /// Whether half a word is a number that no text of three letters is: less than 2^24, or negative and small.
  private static func isNumber(_ value: UInt32) -> Bool {
    if value >= 0xffff_0000 { return true }
    guard value < 1 << 24 else { return false }
    let bytes = [value & 0xff, value >> 8 & 0xff, value >> 16]
    return !bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
  }

  // MARK: - Notes

  /// NT_PRFPREG, NT_X86_XSTATE, NT_ARM_VFP and NT_ARM_SVE hold what was being copied; NT_PRPSINFO names and arguments.
  private static let dataNotes: Set<UInt32> = [2, 0x202, 0x400, 0x405, 0x40b, 0x40c, 0x46e6_2b7f]
  private static let processInfo: UInt32 = 3
  /// pr_fname and pr_psargs.
  private static let names = 40..<136

  /// Notes without the contents of vector registers, and without names and arguments.
  func notes(_ contents: [UInt8], alignment: UInt64) -> [UInt8] {
    var result = contents
    let bytes = ByteView(contents)
    var offset = 0
    for note in Notes(bytes, alignment: alignment) {
      let unit = alignment == 8 ? 8 : 4
      let nameSize = Int(bytes.load(UInt32.self, at: offset) ?? 0)
      let start = (offset + 12 + nameSize + unit - 1) & ~(unit - 1)
      let size = Int(bytes.load(UInt32.self, at: offset + 4) ?? 0)
      let end = min(contents.count, start + size)
      if start <= end {
        if Self.dataNotes.contains(note.type), !note.name.equals(TrimNote.owner) {
          for index in start..<end { result[index] = 0 }
        } else if note.type == Self.processInfo {
          for index in Self.names where start + index < end { result[start + index] = 0 }
        }
      }
      offset = (start + size + unit - 1) & ~(unit - 1)
    }
    return result
  }
}
