internal import Machine
internal import Targets

/// A stack that code was running on: any readable and writable region that the stack pointer was in.
struct StackExtent: Equatable {
  /// The lowest address, which the stack grows towards, and the one after the highest.
  let start: UInt64
  let end: UInt64
  let kind: Kind
  /// The mapping without permissions directly below, where the dump tells of one.
  let guardRange: Range<UInt64>?
  /// Whether it lies in the heap that brk(2) grows.
  let isHeap: Bool

  enum Kind: Equatable {
    /// The one that the kernel made for the main thread: it grows until RLIMIT_STACK.
    case main
    /// A thread's own: its control block lies in it.
    case thread(Int32)
    /// Set by sigaltstack(2).
    case alternate
    /// Any other: a segment or fiber that the program mapped itself.
    case segment
  }

  var size: UInt64 { end - start }
  func contains(_ address: UInt64) -> Bool { address >= start && address < end }

  /// "the stack of thread 12", "the main thread's stack".
  var name: String {
    switch kind {
    case .main: "the main thread's stack"
    case .thread(let tid): "the stack of thread \(tid)"
    case .alternate: "the alternate signal stack"
    case .segment: isHeap ? "a stack inside the heap" : "a stack segment that the program mapped itself"
    }
  }
}

extension Investigation {
  /// The stack that contains `address`; nil where nothing writable is mapped there.
  func stack(containing address: UInt64, alternate: Range<UInt64>?) -> StackExtent? {
    guard let mapping = target.mapping(containing: address), mapping.isStackLike else { return nil }
    return extent(of: mapping, at: address, alternate: alternate)
  }

  /// The stack whose low end `address` has crossed: it lies in the guard below, or at most `distance` below.
  func stack(above address: UInt64, within distance: UInt64, alternate: Range<UInt64>?) -> StackExtent? {
    if let alternate, address < alternate.lowerBound, alternate.lowerBound - address <= distance,
      let mapping = target.mapping(containing: alternate.lowerBound), mapping.isStackLike
    {
      return extent(of: mapping, at: alternate.lowerBound, alternate: alternate)
    }
    guard let mapping = target.firstMapping(above: address) else { return nil }
    if mapping.isStackLike, !mapping.contains(address) {
      return mapping.start - address <= distance ? extent(of: mapping, at: mapping.start, alternate: alternate) : nil
    }
    // In the guard itself, or below it.
    guard mapping.hasNoPermissions, let above = target.mapping(containing: mapping.end), above.isStackLike,
      above.start - address <= max(distance, mapping.size)
    else { return nil }
    return extent(of: above, at: above.start, alternate: alternate)
  }

  private func extent(of mapping: Mapping, at address: UInt64, alternate: Range<UInt64>?) -> StackExtent {
    var start = mapping.start
    var end = mapping.end
    var kind = StackExtent.Kind.segment
    if let alternate, alternate.contains(address), alternate.upperBound <= mapping.end {
      (start, end, kind) = (max(alternate.lowerBound, mapping.start), alternate.upperBound, .alternate)
    } else if let random = target.auxiliaryVector[AuxiliaryVector.random], mapping.contains(random) {
      kind = .main
    } else if let owner = target.threads.first(where: { thread in
      // The main thread's control block lies among the dynamic linker's data: whatever is mapped beside it is no
      // stack of that thread.
      thread.tid != target.process.pid && thread.threadPointer.map(mapping.contains) ?? false
    }) {
      kind = .thread(owner.tid)
    }
    let below = start == mapping.start && start > 0 ? target.mapping(containing: start - 1) : nil
    let guardRange = below.flatMap { $0.hasNoPermissions ? $0.start..<$0.end : nil }
    return StackExtent(start: start, end: end, kind: kind, guardRange: guardRange, isHeap: mapping.use == .heap)
  }
}

extension Mapping {
  /// Readable and writable, as far as the dump tells: what a stack can lie in.
  var isStackLike: Bool {
    guard let permissions else { return false }
    return permissions.isSuperset(of: [.read, .write])
  }

  /// Address space that nothing may touch: a guard, or a reserve.
  var hasNoPermissions: Bool { permissions.map(\.isEmpty) ?? false }
}

extension Target {
  /// The mapping that contains `address`, or the next one above it.
  func firstMapping(above address: UInt64) -> Mapping? {
    var low = 0
    var high = mappings.count
    while low < high {
      let middle = (low + high) / 2
      if mappings[middle].end <= address { low = middle + 1 } else { high = middle }
    }
    return low < mappings.count ? mappings[low] : nil
  }
}
