internal import Machine

/// A piece of memory that is used as a stack, and what lies below it.
public struct StackRegion: Sendable, Equatable {
  /// The lowest address that can be written to, and the one after the highest.
  public let start: UInt64
  public let end: UInt64
  /// What a stack that grows beyond `start` runs into.
  public let boundary: Boundary
  public let kind: Kind

  public enum Kind: Sendable, Equatable {
    /// The process's first stack, which the kernel grows down to RLIMIT_STACK.
    case main
    /// The stack that the thread with this id was made with.
    case thread(Int32)
    /// The alternate signal stack (sigaltstack(2)) that the thread with this id is on.
    case signalStack(Int32)
    /// Any other memory: a segment of a split stack, a fiber's, a program's own.
    case other
  }

  /// What lies below a stack.
  public enum Boundary: Sendable, Equatable {
    /// A mapping without permissions, from its first to after its last address: a guard.
    case guardPages(Range<UInt64>)
    /// Nothing is mapped there; from after the mapping below to `start`. Below the main stack the kernel keeps
    /// at least 1 MiB free (stack_guard_gap).
    case gap(Range<UInt64>)
    /// Other memory, which would be written over, or, if it may not be written to, stops the stack as a guard does.
    case memory(start: UInt64, isWritable: Bool)

    /// The addresses that cannot be written to; empty where the stack would run into writable memory.
    public var forbidden: Range<UInt64> {
      switch self {
      case .guardPages(let range), .gap(let range): range
      case .memory: 0..<0
      }
    }
  }

  public init(start: UInt64, end: UInt64, boundary: Boundary, kind: Kind) {
    self.start = start
    self.end = end
    self.boundary = boundary
    self.kind = kind
  }

  public var size: UInt64 { end - start }
  public func contains(_ address: UInt64) -> Bool { address >= start && address < end }

  /// How many bytes are left between the stack pointer and the end of what can be written to; nil where it lies
  /// elsewhere. It is negative where it has left the region downwards, into the guard or beyond.
  public func bytesLeft(below stackPointer: UInt64) -> Int64? {
    guard stackPointer <= end else { return nil }
    let left = stackPointer.subtractingReportingOverflow(start)
    return Int64(exactly: left.overflow ? start - stackPointer : left.partialValue).map { left.overflow ? -$0 : $0 }
  }

  /// Whether an access to `address` is one beyond the lower end: in the guard or the gap.
  public func isBeyondEnd(_ address: UInt64) -> Bool { boundary.forbidden.contains(address) }
}

extension Target {
  /// The stack that contains `address`, a stack pointer; nil where no writable memory does.
  public func stackRegion(containing address: UInt64) -> StackRegion? {
    guard let index = mappingIndex(reaching: address), mappings[index].contains(address) else { return nil }
    return stackRegion(at: index, from: address)
  }

  /// The stack that a stack pointer at `address` has left downwards: the next one above, where `address` lies in
  /// its guard, or in the unmapped gap below it.
  ///
  /// - Parameter reach: how far below the stack `address` may lie. A frame, or an access by one, that is larger than
  ///   that is not looked for.
  public func stackRegion(leftAt address: UInt64, reach: UInt64 = 1 << 30) -> StackRegion? {
    guard var index = mappingIndex(reaching: address) else { return nil }
    if mappings[index].contains(address) {
      guard mappings[index].permissions?.isEmpty == true else { return nil }
      index += 1
      guard index < mappings.count, mappings[index].start == mappings[index - 1].end else { return nil }
    }
    guard mappings[index].start - address <= reach else { return nil }
    // The gap may end at a guard, which belongs to the stack above it.
    if mappings[index].permissions?.isEmpty == true {
      guard index + 1 < mappings.count, mappings[index + 1].start == mappings[index].end else { return nil }
      index += 1
    }
    return stackRegion(at: index, from: mappings[index].start)
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

  /// The first mapping that ends above `address`.
  private func mappingIndex(reaching address: UInt64) -> Int? {
    let index = mappings.partitioningIndex { $0.end > address }
    return index < mappings.count ? index : nil
  }

  /// - Parameter lowest: the lowest address in the mapping that may be in use.
  private func stackRegion(at index: Int, from lowest: UInt64) -> StackRegion? {
    let mapping = mappings[index]
    guard mapping.permissions?.isSuperset(of: [.read, .write]) == true else { return nil }
    var kind = StackRegion.Kind.other
    if case .stack(let tid) = mapping.use {
      if tid == process.pid, isInitialStack(mapping) {
        kind = .main
      } else if isNative(mapping, of: tid) {
        kind = .thread(tid)
      }
    }
    if kind == .other, let region = signalStack(at: index, from: lowest) { return region }
    return StackRegion(start: mapping.start, end: mapping.end, boundary: boundary(below: index), kind: kind)
  }

  /// The alternate signal stack in a mapping, where a signal handler is running on it: the kernel saved its bounds
  /// above the handler's frames. It may be a part of the mapping only, or reach into the next.
  private func signalStack(at index: Int, from lowest: UInt64) -> StackRegion? {
    guard
      let frame = SignalFrame(above: lowest, limit: mappings[index].end, memory: memory, architecture: architecture),
      let first = writableMapping(containing: frame.stack.lowerBound),
      writableMapping(containing: frame.stack.upperBound - 1) != nil
    else { return nil }
    let stack = frame.stack
    let user = threads.first { $0.registers.stackPointer(architecture).map(stack.contains) == true } ?? signalledThread
    return StackRegion(
      start: stack.lowerBound, end: stack.upperBound,
      boundary: stack.lowerBound == mappings[first].start
        ? boundary(below: first) : .memory(start: mappings[first].start, isWritable: true),
      kind: user.map { .signalStack($0.tid) } ?? .other)
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

  /// Whether the thread's own data lie in the mapping, and not just its stack pointer.
  private func isNative(_ mapping: Mapping, of tid: Int32) -> Bool {
    thread(tid)?.threadPointer.map(mapping.contains) == true
  }

  private func boundary(below index: Int) -> StackRegion.Boundary {
    let start = mappings[index].start
    guard index > 0 else { return .gap(0..<start) }
    let below = mappings[index - 1]
    if below.end < start { return .gap(below.end..<start) }
    if below.permissions?.isEmpty == true { return .guardPages(below.start..<below.end) }
    return .memory(start: below.start, isWritable: below.permissions?.contains(.write) == true)
  }
}
