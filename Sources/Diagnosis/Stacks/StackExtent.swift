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
    /// An array among the data of a module, by its name.
    case data(String)
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
    case .data(let module): "a stack inside the data of \(module)"
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
    var (start, end) = (mapping.start, mapping.end)
    var kind = StackExtent.Kind.segment
    if let alternate, alternate.contains(address), alternate.upperBound <= mapping.end {
      (start, end, kind) = (max(alternate.lowerBound, mapping.start), alternate.upperBound, .alternate)
    } else if let random = target.auxiliaryVector[AuxiliaryVector.random], mapping.contains(random) {
      kind = .main
    } else if let owner = owner(of: mapping, at: address) {
      kind = .thread(owner.tid)
      (start, end) = (owner.start, owner.end)
    } else if let data = data(around: mapping) {
      (start, end, kind) = (data.range.lowerBound, data.range.upperBound, .data(data.module))
    }
    let below = (start == mapping.start || kind.isData) && start > 0 ? target.mapping(containing: start - 1) : nil
    let guardRange = below.flatMap { $0.hasNoPermissions ? $0.start..<$0.end : nil }
    return StackExtent(start: start, end: end, kind: kind, guardRange: guardRange, isHeap: mapping.use == .heap)
  }
}

extension Investigation {
  /// At least as much as `struct pthread` takes behind the thread pointer on x86-64 (glibc 2.36: 0x900 bytes).
  private static let controlBlockSize: UInt64 = 0x900

  /// The thread whose stack `address` lies in, and where that begins and ends: stacks without guards between them are
  /// one mapping, and each ends with its thread's control block.
  private func owner(of mapping: Mapping, at address: UInt64) -> (tid: Int32, start: UInt64, end: UInt64)? {
    // The main thread's control block lies among the dynamic linker's data: whatever is mapped beside it is no stack of
    // that thread.
    let blocks = target.threads.compactMap { thread in
      thread.tid == target.process.pid ? nil : thread.threadPointer.map { (tid: thread.tid, pointer: $0) }
    }.filter { mapping.contains($0.pointer) }
    guard target.architecture == .x86_64 else {
      return blocks.first.map { ($0.tid, mapping.start, mapping.end) }
    }
    func end(_ pointer: UInt64) -> UInt64 { min(mapping.end, (pointer &+ Self.controlBlockSize &+ 4095) & ~4095) }
    let ends = blocks.map { (tid: $0.tid, end: end($0.pointer)) }.sorted { $0.end < $1.end }
    guard let position = ends.firstIndex(where: { address < $0.end }) else { return nil }
    return (ends[position].tid, position == 0 ? mapping.start : ends[position - 1].end, ends[position].end)
  }

  /// The data of a module, .data and .bss, where `mapping` is a part of them: mappings of the file and of none.
  private func data(around mapping: Mapping) -> (range: Range<UInt64>, module: String)? {
    guard mapping.use != .heap else { return nil }
    var (start, end) = (mapping.start, mapping.end)
    var owner = mapping.path == nil ? nil : target.moduleIndex(containing: mapping.start)
    // Beyond the file's own mapping .bss is anonymous; the kernel splits what was made read-only after relocation.
    for _ in 0..<8 {
      guard start > 0, let below = target.mapping(containing: start - 1), below.isStackLike, below.use != .heap else {
        break
      }
      start = below.start
      if below.path != nil { owner = owner ?? target.moduleIndex(containing: below.start) }
    }
    for _ in 0..<8 {
      guard let above = target.mapping(containing: end), above.isStackLike, above.use != .heap, above.path == nil else {
        break
      }
      end = above.end
    }
    return owner.map { (start..<end, target.modules[$0].name) }
  }
}

extension StackExtent.Kind {
  var isData: Bool {
    if case .data = self { true } else { false }
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
