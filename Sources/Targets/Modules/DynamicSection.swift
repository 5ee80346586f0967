internal import Bytes
internal import Machine

/// A dynamic section in a target's memory (gABI chapter 5, "Dynamic Section").
struct DynamicSection {
  /// DT_DEBUG: where the dynamic linker put the address of its `struct r_debug`.
  static let debug: UInt64 = 21

  private static let maximumEntries = 1024

  /// The value of the first entry with this tag, or nil where there is none.
  static func value(_ tag: UInt64, at address: UInt64, memory: some TargetMemory) -> UInt64? {
    for index in 0..<UInt64(maximumEntries) {
      guard let found = memory.word(at: address &+ 16 &* index), found != 0 else { return nil }
      if found == tag { return memory.word(at: address &+ 16 &* index &+ 8) }
    }
    return nil
  }
}
