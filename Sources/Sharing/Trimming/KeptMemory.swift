internal import Bytes
internal import Machine
internal import Targets

/// Which memory of a core is kept: what the report was made from, and what somebody who looks further will want.
struct KeptMemory {
  /// Ranges of the target's addresses, in whole pages, in order; all of them lie in what was dumped.
  let ranges: ByteRanges
  /// Whether there was more than is kept.
  let isCut: Bool

  /// The most that is kept: 512 MiB.
  static let limit: UInt64 = 512 << 20

  private static let pageSize: UInt64 = 4096
  /// The red zone of x86-64, and some more.
  private static let belowStackPointer: UInt64 = 256
  /// Of a stack from its pointer on: of the signalled thread's, and of others.
  private static let signalledStack: UInt64 = 64 << 20
  private static let otherStack: UInt64 = 1 << 20
  /// Around a thread pointer: thread-local data, and `struct pthread`.
  private static let belowThreadPointer: UInt64 = 16_384
  private static let aboveThreadPointer: UInt64 = 8_192
  /// Writable data of a module.
  private static let moduleData: UInt64 = 1 << 20
  /// How many objects that registers and stacks point to are followed.
  private static let maximumObjects = 8_192
  private static let objectSize: UInt64 = 512

  /// - Parameters:
  ///   - touched: offsets in the core that were read; nil where that is not known: then all is kept, up to the limit.
  ///   - margin: how much is kept around what was read, in bytes.
  init(_ target: CoreTarget, touched: ByteRanges?, margin: UInt64) {
    let dumped = target.segments.filter { $0.dumpedSize > 0 }.map { $0.start..<($0.start + $0.dumpedSize) }
    var wanted = Self.basis(target)
    if let touched {
      wanted.add(Self.addresses(of: touched, in: target.segments, margin: margin))
    } else {
      dumped.forEach { wanted.add($0) }
    }
    let all = wanted.merged(pageSize: Self.pageSize, gap: 4 * Self.pageSize).clipped(to: dumped)
    guard all.total > Self.limit else {
      (ranges, isCut) = (all, false)
      return
    }
    var kept = Self.basis(target).merged(pageSize: Self.pageSize).clipped(to: dumped)
    for range in all.all {
      let left = Self.limit - min(Self.limit, kept.total)
      guard left > 0 else { break }
      kept.add(range.lowerBound, min(left, range.upperBound - range.lowerBound) & ~(Self.pageSize - 1))
    }
    (ranges, isCut) = (kept.merged(pageSize: Self.pageSize).clipped(to: dumped), true)
  }

  /// The addresses of what was read.
  private static func addresses(of touched: ByteRanges, in segments: [CoreSegment], margin: UInt64) -> ByteRanges {
    var result = ByteRanges()
    for segment in segments where segment.dumpedSize > 0 {
      let end = segment.fileOffset + segment.dumpedSize
      var index = touched.all.partitioningIndex { $0.upperBound > segment.fileOffset }
      while index < touched.all.count, touched.all[index].lowerBound < end {
        let range = touched.all[index].clamped(to: segment.fileOffset..<end)
        let start = segment.start + (range.lowerBound - segment.fileOffset)
        let lead = min(margin, start)
        result.add(start - lead, (range.upperBound - range.lowerBound) &+ lead &+ margin)
        index += 1
      }
    }
    return result
  }

  /// Stacks, threads' own data, modules' data and headers, the vDSO, and small objects.
  private static func basis(_ target: CoreTarget) -> ByteRanges {
    var ranges = ByteRanges()
    for (index, thread) in target.threads.enumerated() {
      if let pointer = thread.registers.stackPointer(target.architecture) {
        let limit = target.mapping(containing: pointer)?.end ?? pointer &+ belowStackPointer
        let lead = min(pointer, belowStackPointer)
        let size = min(index == 0 ? signalledStack : otherStack, limit > pointer ? limit - pointer : 0)
        ranges.add(pointer - lead, size &+ lead)
      }
      if let pointer = thread.threadPointer {
        let lead = min(pointer, belowThreadPointer)
        ranges.add(pointer - lead, lead &+ aboveThreadPointer)
      }
    }
    // What the kernel put on the first stack: arguments, environment, auxiliary vector.
    for type in [AuxiliaryVector.random, AuxiliaryVector.executablePath] {
      guard let address = target.auxiliaryVector[type], let mapping = target.mapping(containing: address) else {
        continue
      }
      ranges.add(max(mapping.start, address - min(address, 65_536))..<mapping.end)
    }
    for module in target.modules { ranges.add(module.start, pageSize) }
    for mapping in target.mappings {
      if mapping.use == .vdso {
        ranges.add(mapping.start..<mapping.end)
      } else if mapping.path != nil, mapping.permissions?.contains(.write) == true, mapping.size <= moduleData {
        ranges.add(mapping.start..<mapping.end)
      }
    }
    ranges.add(objects(target))
    return ranges
  }

  /// What registers, and the innermost 16 KiB of the signalled thread's stack, point to, and what that points to.
  private static func objects(_ target: CoreTarget) -> ByteRanges {
    var ranges = ByteRanges()
    var seen: Set<UInt64> = []
    func follow(_ pointer: UInt64) -> Bool {
      let place = pointer & ~(objectSize - 1)
      guard pointer > 65_536, seen.count < maximumObjects, !seen.contains(place),
        let mapping = target.mapping(containing: pointer), mapping.permissions?.contains(.write) == true,
        target.coreMemory.isDumped(pointer)
      else { return false }
      seen.insert(place)
      ranges.add(place - min(place, 64), objectSize + 128)
      return true
    }
    var first: [UInt64] = []
    for thread in target.threads.prefix(256) {
      first += (0..<RegisterSet.capacity).compactMap { thread.registers[$0] }
    }
    if let pointer = target.signalledThread?.registers.stackPointer(target.architecture) {
      first += words(target, at: pointer & ~7, count: 16_384)
    }
    for pointer in first where follow(pointer) {
      for next in words(target, at: pointer & ~7, count: Int(objectSize)) { _ = follow(next) }
    }
    return ranges
  }

  private static func words(_ target: CoreTarget, at address: UInt64, count: Int) -> [UInt64] {
    let bytes = target.memory.readPrefix(address, count)
    return stride(from: 0, to: bytes.count - 7, by: 8).compactMap { bytes.load(UInt64.self, at: $0) }
  }
}
