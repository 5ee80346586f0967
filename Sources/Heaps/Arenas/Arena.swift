internal import Bytes
internal import Machine

/// One of malloc's arenas: what its `struct malloc_state` says, checked.
package struct Arena: Sendable {
  /// The address of the state in the target.
  package let address: UInt64
  /// Where its fields lie.
  let layout: ArenaLayout
  /// The address of the chunk at the end of its last heap.
  package let top: UInt64
  /// The next arena in the ring of all.
  let next: UInt64
  /// How many bytes it got from the kernel.
  package let systemMemory: UInt64
  /// Of its 127 bins, how many lead back to themselves.
  let intactBins: Int

  /// So many bins must be as malloc leaves them: a corrupt heap spoils a few.
  static let fewestIntactBins = 112

  /// - Returns: nil where no arena's state lies at `address`, by any layout.
  init?(at address: UInt64, _ memory: any TargetMemory) {
    var best: Arena?
    for hasField in [true, false] {
      guard let arena = Arena(at: address, hasFastChunksField: hasField, memory) else { continue }
      if arena.intactBins > best?.intactBins ?? 0 { best = arena }
    }
    guard let best else { return nil }
    self = best
  }

  init?(at address: UInt64, hasFastChunksField: Bool, _ memory: any TargetMemory) {
    guard address % 8 == 0, address != 0 else { return nil }
    var layout = ArenaLayout(hasFastChunksField: hasFastChunksField, hasAttachedThreads: true)
    guard let bins = memory.read(address &+ layout.bins, ArenaLayout.binBytes) else { return nil }
    let intact = Self.intactBins(bins, firstBin: layout.bin(1, of: address), memory)
    guard intact >= Self.fewestIntactBins, let next = memory.word(at: address &+ layout.next),
      let top = memory.word(at: address &+ layout.top), top % 16 == 0
    else { return nil }
    if !Self.isMemory(at: address &+ layout.systemMemory, memory) {
      layout = ArenaLayout(hasFastChunksField: hasFastChunksField, hasAttachedThreads: false)
      guard Self.isMemory(at: address &+ layout.systemMemory, memory) else { return nil }
    }
    guard let systemMemory = memory.word(at: address &+ layout.systemMemory) else { return nil }
    self.address = address
    self.layout = layout
    self.top = top
    self.next = next
    self.systemMemory = systemMemory
    intactBins = intact
  }

  /// `system_mem` and `max_system_mem`.
  private static func isMemory(at address: UInt64, _ memory: any TargetMemory) -> Bool {
    guard let current = memory.word(at: address), let most = memory.word(at: address &+ 8) else { return false }
    return current > 0 && current <= most && most < 1 << 47
  }

  /// How many of the bins are empty, and so lead to themselves, or lead to chunks that lead back.
  ///
  /// - Parameter first: the address that stands for bin 1.
  static func intactBins(_ bins: ByteView, firstBin first: UInt64, _ memory: any TargetMemory) -> Int {
    var count = 0
    for index in 0..<ArenaLayout.binCount {
      let bin = first &+ UInt64(index) &* 16
      guard let forward = bins.load(UInt64.self, at: index * 16),
        let backward = bins.load(UInt64.self, at: index * 16 + 8)
      else { return count }
      if forward == bin && backward == bin {
        count += 1
      } else if forward != bin, backward != bin, forward % 16 == 0, memory.word(at: forward &+ 24) == bin,
        memory.word(at: backward &+ 16) == bin
      {
        count += 1
      }
    }
    return count
  }

  /// The number of the bin that `address` stands for; nil where it stands for none of this arena's.
  func bin(at address: UInt64) -> Int? {
    let first = layout.bin(1, of: self.address)
    guard address >= first, (address - first) % 16 == 0, (address - first) / 16 < UInt64(ArenaLayout.binCount) else {
      return nil
    }
    return Int((address - first) / 16) + 1
  }

  /// The list of bin `number`; small ones hold chunks of 16 bytes times their number.
  static func list(ofBin number: Int) -> FreeList {
    number == 1
      ? .unsorted : number < ArenaLayout.firstLargeBin ? .small(size: UInt64(number) * 16) : .large(bin: number)
  }
}
