internal import Targets

extension StackRegion {
  /// Whether a signal handler alone runs on it.
  var isSignalStack: Bool {
    if case .signalStack = kind { true } else { false }
  }
}

extension Investigation {
  /// "the stack of thread 12", "the main thread's stack".
  func name(of stack: StackRegion) -> String {
    switch stack.kind {
    case .main: return "the main thread's stack"
    case .thread(let tid): return "the stack of thread \(tid)"
    case .signalStack: return "the alternate signal stack"
    case .data(let module): return "a stack inside the data of \(module)"
    case .other:
      if stack.isInHeap { return "a stack inside the heap" }
      // Where no thread's control block is known, a stack without an owner can be a thread's.
      return target.threads.contains { $0.threadPointer != nil }
        ? "a stack segment that the program mapped itself" : "a stack that is not the main thread's"
    }
  }

  /// The stack that contains `address`; nil where nothing writable is mapped there.
  func stack(containing address: UInt64, alternate: Range<UInt64>?) -> StackRegion? {
    target.stackRegion(containing: address, alternateStack: alternate)
  }

  /// The stack whose low end `address` has crossed: it lies in the guard below, or at most `distance` below.
  func stack(above address: UInt64, within distance: UInt64, alternate: Range<UInt64>?) -> StackRegion? {
    target.stackRegion(leftAt: address, reach: distance, alternateStack: alternate)
  }
}
