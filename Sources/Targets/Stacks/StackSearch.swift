internal import Machine

extension Target {
  /// The stack that contains `address`, a stack pointer; nil where no writable memory does.
  ///
  /// - Parameter alternateStack: the alternate signal stack, where a signal frame tells of one, from its first to after
  ///   its last address. Without it, one is found only where a handler is running on it.
  public func stackRegion(containing address: UInt64, alternateStack: Range<UInt64>? = nil) -> StackRegion? {
    guard let index = mappingIndex(reaching: address), mappings[index].contains(address) else { return nil }
    return stackRegion(at: index, from: address, alternateStack)
  }

  /// The stack that a stack pointer at `address` has left downwards: the next one above, where `address` lies in
  /// its guard, or in the unmapped gap below it.
  ///
  /// - Parameters:
  ///   - reach: how far below the stack `address` may lie, in bytes; in its guard it may lie anywhere. A frame, or an
  ///     access by one, that is larger than that is not looked for.
  ///   - alternateStack: as for ``stackRegion(containing:alternateStack:)``; memory of any kind may lie below it.
  public func stackRegion(
    leftAt address: UInt64, reach: UInt64 = 1 << 30, alternateStack: Range<UInt64>? = nil
  ) -> StackRegion? {
    if let start = alternateStack?.lowerBound, address < start, start - address <= reach,
      let region = stackRegion(containing: start, alternateStack: alternateStack)
    {
      return region
    }
    guard var index = mappingIndex(reaching: address) else { return nil }
    var reach = reach
    // The gap may end at a guard, which belongs to the stack above it.
    if mappings[index].isForbidden {
      reach = max(reach, mappings[index].size)
      index += 1
      guard index < mappings.count, mappings[index].start == mappings[index - 1].end else { return nil }
    }
    guard mappings[index].start > address, mappings[index].start - address <= reach else { return nil }
    return stackRegion(at: index, from: mappings[index].start, alternateStack)
  }

  /// The stack of a stack pointer that lies in it or has just left it.
  public func stackRegion(near stackPointer: UInt64) -> StackRegion? {
    stackRegion(containing: stackPointer) ?? stackRegion(leftAt: stackPointer)
  }

  /// The stack that a thread was made with, wherever its stack pointer is now: the main stack for the first
  /// thread, and for any other the memory that its thread pointer lies in, at the top of which glibc and musl keep
  /// the thread's own data. nil where that is not known.
  public func nativeStack(of thread: ThreadState) -> StackRegion? {
    if thread.tid == process.pid {
      return initialStackAddress.flatMap { stackRegion(containing: $0) }
    }
    guard let pointer = thread.threadPointer, let region = stackRegion(containing: pointer) else { return nil }
    return region.kind == .thread(thread.tid) ? region : nil
  }

  /// - Parameter lowest: the lowest address in the mapping that may be in use.
  private func stackRegion(at index: Int, from lowest: UInt64, _ alternateStack: Range<UInt64>?) -> StackRegion? {
    let mapping = mappings[index]
    guard mapping.isStackLike else { return nil }
    if let alternateStack, alternateStack.contains(lowest), let region = signalStack(alternateStack) { return region }
    var (start, end, kind) = (mapping.start, mapping.end, StackRegion.Kind.other)
    if isInitialStack(mapping) {
      kind = .main
    } else if let owner = owner(of: mapping, at: lowest) {
      (start, end, kind) = (owner.start, owner.end, .thread(owner.tid))
    } else if let saved = SavedContext(above: lowest, limit: mapping.end, memory: memory, architecture: architecture),
      let region = signalStack(saved.stack)
    {
      return region
    } else if let data = data(around: mapping) {
      (start, end, kind) = (data.range.lowerBound, data.range.upperBound, .data(module: data.module))
    }
    return StackRegion(
      start: start, end: end, boundary: boundary(belowAddress: start), kind: kind, isInHeap: mapping.use == .heap)
  }

  /// An alternate signal stack whose bounds the kernel noted. It may be a part of a mapping only, or reach into the next.
  private func signalStack(_ stack: Range<UInt64>) -> StackRegion? {
    guard let first = writableMapping(containing: stack.lowerBound),
      writableMapping(containing: stack.upperBound - 1) != nil
    else { return nil }
    let user = threads.first { $0.registers.stackPointer(architecture).map(stack.contains) == true } ?? signalledThread
    return StackRegion(
      start: stack.lowerBound, end: stack.upperBound,
      boundary: stack.lowerBound == mappings[first].start
        ? boundary(below: first) : .memory(start: mappings[first].start, isWritable: true),
      kind: user.map { .signalStack($0.tid) } ?? .other, isInHeap: mappings[first].use == .heap)
  }

  private func writableMapping(containing address: UInt64) -> Int? {
    guard let index = mappingIndex(reaching: address), mappings[index].contains(address),
      mappings[index].permissions?.contains(.write) == true
    else { return nil }
    return index
  }

  /// An address that the kernel put on the main stack before the program began.
  private var initialStackAddress: UInt64? {
    auxiliaryVector[AuxiliaryVector.random] ?? auxiliaryVector[AuxiliaryVector.executablePath]
  }

  private func isInitialStack(_ mapping: Mapping) -> Bool { initialStackAddress.map(mapping.contains) == true }

  /// What lies below the lowest address of a stack, which need not be that of its mapping.
  private func boundary(belowAddress start: UInt64) -> StackRegion.Boundary {
    guard let index = mappingIndex(reaching: start), mappings[index].start == start else {
      return .memory(start: mapping(containing: start)?.start ?? start, isWritable: true)
    }
    return boundary(below: index)
  }

  private func boundary(below index: Int) -> StackRegion.Boundary {
    let start = mappings[index].start
    guard index > 0 else { return .gap(0..<start) }
    let below = mappings[index - 1]
    if below.end < start { return .gap(below.end..<start) }
    if below.isForbidden { return .guardPages(below.start..<below.end) }
    return .memory(start: below.start, isWritable: below.permissions?.contains(.write) == true)
  }
}

extension Mapping {
  /// Readable and writable, as far as the dump tells: what a stack can lie in.
  package var isStackLike: Bool { permissions?.isSuperset(of: [.read, .write]) == true }

  /// Address space that nothing may touch: a guard, or a reserve.
  package var isForbidden: Bool { permissions?.isEmpty == true }
}
