internal import Machine
internal import Targets

/// The array that was walked is no longer mapped: a large one has a mapping of its own, which realloc moves
/// (mremap(2)) or free unmaps. The entry that was read last tells that it was an earlier copy of the present array.
struct UnmappedEnvironment {
  let evidence: Evidence

  /// - Returns: nil where the walk was in memory that is mapped, or no register holds an entry of the present array
  ///   from which the earlier one would have begun where malloc puts blocks.
  init?(_ walker: Walker, _ crash: Crash, _ present: EnvironmentArray, _ investigation: Investigation) {
    guard walker.entry == nil, walker.isLibrary else { return nil }
    for register in 0..<RegisterSet.capacity where register != walker.register {
      guard let value = crash.registers[register], let position = present.entries.firstIndex(of: value) else {
        continue
      }
      // The word that could not be read is the one after it.
      let start = walker.pointer &- UInt64(position + 1) &* 8
      guard start % 16 == 0, start != present.start, investigation.memory.word(at: start) == nil else { continue }
      evidence = investigation.evidence(
        "\(investigation.registerName(register)) = \(hex(value)), the word it had read before, is entry "
          + "\(grouped(UInt64(position))) of environ: the array it walked had the same entries, began at \(hex(start)), "
          + "and is no longer mapped", at: present.start &+ UInt64(position) &* 8)
      return
    }
    return nil
  }
}
