internal import Bytes
package import Machine

/// The dynamic section of a module in a target's memory (gABI chapter 5, "Dynamic Section"), read once.
package struct DynamicSection: Sendable {
  private var values: [UInt64: UInt64] = [:]

  /// DT_STRTAB and DT_STRSZ, DT_SYMTAB, DT_HASH.
  package static let hash: UInt64 = 4
  package static let strings: UInt64 = 5
  package static let symbols: UInt64 = 6
  package static let stringsSize: UInt64 = 10
  /// DT_DEBUG: where the dynamic linker put the address of its `struct r_debug`.
  package static let debug: UInt64 = 21
  /// DT_GNU_HASH.
  package static let gnuHash: UInt64 = 0x6fff_fef5

  private static let maximumEntries: UInt64 = 4096

  /// Reads entries up to DT_NULL, or as far as they can be read.
  ///
  /// - Parameters:
  ///   - address: of the section in the target.
  ///   - size: its size in bytes, where that is known.
  package init(at address: UInt64, size: UInt64 = .max, memory: some TargetMemory) {
    var offset: UInt64 = 0
    while offset < min(size, 16 * Self.maximumEntries), let tag = memory.word(at: address &+ offset), tag != 0,
      let value = memory.word(at: address &+ offset &+ 8)
    {
      if values[tag] == nil { values[tag] = value }
      offset += 16
    }
  }

  /// Whether nothing could be read.
  package var isEmpty: Bool { values.isEmpty }

  /// The value of the first entry with this tag (d_tag); nil where there is none.
  package subscript(_ tag: UInt64) -> UInt64? { values[tag] }
}
