internal import Bytes
internal import Machine
internal import Targets

/// Decides what of a stopped process's memory is copied before it goes on: the used part of each stack, the record of each
/// thread, and the memory near what registers and the inner ends of stacks point to, where locks lie.
package struct CopyPlan {
  private let image: ProcessImage
  /// Writable mappings, and which of them hold a thread's stack.
  private let writable: [Range<UInt64>]

  /// No more is copied of all stacks together, and of one of many, in bytes.
  private static let allStacks: UInt64 = 192 << 20
  private static let leastOfStack: UInt64 = 64 << 10
  private static let mostOfStack: UInt64 = 16 << 20
  /// How much below the stack pointer is used: the red zone of the System V ABI, AMD64 3.2.2.
  private static let redZone: UInt64 = 128
  /// What libc keeps of a thread lies within so much above the thread pointer, or below it.
  private static let recordSize: UInt64 = 0xa00
  /// How many words of stacks are followed in all, and of one.
  private static let words = 1 << 16
  private static let mostWords = 1024
  /// The most that is copied of what is pointed to.
  private static let pointedTo: UInt64 = 64 << 20

  package init(_ image: ProcessImage) {
    self.image = image
    writable = image.readable.filter { $0.permissions.contains(.write) }.map { $0.start..<$0.end }
  }

  /// Copies what is needed.
  ///
  /// - Parameter also: what is known to be needed besides.
  package func run(_ memory: CopiedMemory, also: PageRanges = PageRanges()) {
    memory.copy(stacks.union(also), limit: Self.allStacks + also.size)
    memory.copy(pointees(memory), limit: Self.pointedTo)
  }

  /// The used part of each stack, and each thread's record.
  private var stacks: PageRanges {
    let each = min(Self.mostOfStack, max(Self.leastOfStack, Self.allStacks / UInt64(max(1, image.threads.count))))
    var ranges: [Range<UInt64>] = []
    for thread in image.threads {
      if let pointer = thread.stackPointer(image.architecture), let stack = region(containing: pointer) {
        let start = max(stack.lowerBound, pointer - min(pointer, Self.redZone))
        var end = min(stack.upperBound, pointer + min(each, UInt64.max - pointer))
        // Stacks without guards between them are one mapping: each ends with its thread's record.
        if let own = thread.threadPointer(image.architecture), own > pointer, own < stack.upperBound {
          end = min(end, own + Self.recordSize)
        }
        ranges.append(start..<max(start, end))
      }
      if let record = thread.threadPointer(image.architecture), let region = region(containing: record) {
        let start = max(region.lowerBound, record - min(record, Self.recordSize))
        ranges.append(start..<min(region.upperBound, record + Self.recordSize))
      }
    }
    return PageRanges(ranges)
  }

  private func region(containing address: UInt64) -> Range<UInt64>? {
    let index = writable.partitioningIndex { $0.upperBound > address }
    return index < writable.count && writable[index].contains(address) ? writable[index] : nil
  }

  /// The pages that registers and the words at the inner ends of stacks point to.
  private func pointees(_ memory: CopiedMemory) -> PageRanges {
    let count = min(Self.mostWords, max(64, Self.words / max(1, image.threads.count)))
    var pages: Set<UInt64> = []
    func follow(_ value: UInt64) {
      guard value >= 0x1_0000, value < 1 << 56, let region = region(containing: value) else { return }
      pages.insert(value & ~4095)
      // An object may begin at the end of a page.
      if value & 4095 >= 4096 - 256, region.contains(value + 256) { pages.insert((value & ~4095) + 4096) }
    }
    for thread in image.threads {
      for value in thread.values { follow(value) }
      guard let pointer = thread.stackPointer(image.architecture) else { continue }
      let stack = memory.bytes(at: pointer, atMost: 8 * count)
      for index in 0..<stack.count / 8 {
        if let value = stack.load(UInt64.self, at: 8 * index) { follow(value) }
      }
    }
    return PageRanges(pages.map { $0..<$0 + 4096 })
  }
}
