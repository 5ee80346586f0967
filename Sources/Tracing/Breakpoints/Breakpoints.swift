internal import CLinux

/// Breakpoints on code, in every process that is followed.
///
/// They stay in place while threads step over them, so that no other thread misses one: what usually stands at the
/// beginning of a function is done to the registers (``EmulatedInstruction``), anything else is run as a copy in another
/// place (``StepPlan``). A fork's child has its parent's breakpoints in its copy of the memory, a vfork's the very same
/// ones; an exec leaves none.
///
/// Whoever owns the tracer's loop gives every stop of a thread to ``take(_:)`` first.
package final class Breakpoints {
  private var spaces: [Int32: AddressSpaceCode] = [:]
  private var steps: [Int32: Step] = [:]
  private var waiting: [(process: Int32, thread: HeldThread, step: Step)] = []
  /// Threads that will run into the breakpoint that they stand on again, since a signal came before its step.
  private var again: [Int32: (address: UInt64, stack: UInt64)] = [:]

  /// A thread at a breakpoint. The registers are those before its instruction.
  package struct Hit {
    package let address: UInt64
    package let registers: RegisterWords
  }

  /// What a stop was to the breakpoints.
  package enum Answer: ~Copyable {
    /// Nothing of theirs: the thread is handed back.
    case notOurs(StoppedThread)
    /// A signal is about to be delivered that came while the thread was being stepped: to be treated as a stop for it, and
    /// to be named when the thread is resumed. Its siginfo is as it came.
    case signal(Int32, StoppedThread)
    /// It ran into one; ``resume(_:over:)`` lets it go on.
    case hit(Hit, StoppedThread)
    /// It was theirs and has been dealt with.
    case done
  }

  /// A copy of an instruction that a thread runs.
  struct Step {
    let address: UInt64
    let slot: UInt64
    /// The register that was lent to it: its place in ``RegisterWords``, and what it held.
    var lent: (place: Int, value: UInt64)?
    /// A signal that came before the copy had run, and its siginfo.
    var signal: (number: Int32, information: [UInt8])?
  }

  /// How a thread goes on that was at a breakpoint.
  private let onward: StoppedThread.Resumption

  /// - Parameter onward: `untilSystemCall` where its system calls are to be seen as well.
  package init(onward: StoppedThread.Resumption = .run) { self.onward = onward }

  // MARK: Inserting

  /// Puts a breakpoint at an address of a process.
  ///
  /// - Parameter thread: a stopped thread of it.
  /// - Returns: whether there is one now. Ask for each as often as it was removed.
  @discardableResult
  package func insert(_ address: UInt64, in process: Int32, by thread: Int32) -> Bool {
    let space = spaces[process] ?? AddressSpaceCode(of: process)
    guard space.insert(address, by: thread, process: process) else { return false }
    spaces[process] = space
    return true
  }

  /// Whether a breakpoint that was put in still stands in memory, and puts it in again where it does not: a library may
  /// have been unloaded there and another one loaded.
  package func stands(_ address: UInt64, in process: Int32, by thread: Int32) -> Bool {
    let trap = AddressSpaceCode.trap
    if contains(address, in: process), ProcessWords.bytes(at: address, trap.count, of: process) == trap { return true }
    spaces[process]?.forget(address)
    return insert(address, in: process, by: thread)
  }

  package func remove(_ address: UInt64, in process: Int32, by thread: Int32) {
    spaces[process]?.remove(address, by: thread)
  }

  /// Before a process is let go: its code is its own again. Where it shares its memory with another one (vfork) the
  /// breakpoints stay, and false is returned: it cannot be let go yet.
  package func leave(_ process: Int32, by thread: Int32) -> Bool {
    guard let space = spaces[process] else { return true }
    guard !isShared(space, besides: process) else { return space.sites.isEmpty }
    // What is known of them is kept until the process is gone: another of its threads may have run into one already, and
    // stop for it later, or be in the middle of a step.
    let isStepping = steps.contains { $0.key != thread && $0.value.slot == space.slot }
    space.removeAll(by: thread, restoresSlot: !isStepping)
    return true
  }

  /// Whether any process has a breakpoint: where none has, no stop can be theirs.
  package var isEmpty: Bool { spaces.isEmpty }

  /// Whether there is a breakpoint at an address of a process.
  package func contains(_ address: UInt64, in process: Int32) -> Bool { spaces[process]?.sites[address] != nil }

  // MARK: Processes

  /// A process was made by one that may have breakpoints.
  package func born(_ child: Int32, of parent: Int32) {
    guard child != parent, let space = spaces[parent] else { return }
    spaces[child] = inquest_shares_memory(child, parent) == 1 ? space : AddressSpaceCode(copying: space)
  }

  /// It has new memory.
  package func executed(_ process: Int32) { spaces[process] = nil }

  package func ended(_ process: Int32) { spaces[process] = nil }

  /// A thread is no more: nothing waits for it.
  package func endedThread(_ thread: Int32) {
    again[thread] = nil
    if steps.removeValue(forKey: thread) != nil { beginNext() }
  }

  private func isShared(_ space: AddressSpaceCode, besides process: Int32) -> Bool {
    spaces.contains { $0.key != process && $0.value === space }
  }

  // MARK: Stops

  /// Takes a stop of a thread.
  package func take(_ stop: WaitReport.Stop, _ stopped: consuming StoppedThread) -> Answer {
    let thread = stopped.thread
    if steps[thread] != nil { return takeDuringStep(stop, stopped) }
    guard case .signal(Self.trapSignal) = stop, let space = spaces[stopped.process],
      var registers = RegisterWords(of: thread)
    else { return .notOurs(stopped) }
    #if arch(x86_64)
      let address = registers.instructionPointer &- 1
    #else
      let address = registers.instructionPointer
    #endif
    if space.sites[address] != nil {
      registers.instructionPointer = address
      let hit = Hit(address: address, registers: registers)
      if let before = again.removeValue(forKey: thread), before == (address, registers.stackPointer) {
        resume(stopped, over: hit)
        return .done
      }
      return .hit(hit, stopped)
    }
    // The breakpoint was taken away between this thread's running into it and now.
    guard space.former.contains(address),
      ProcessWords.bytes(at: address, AddressSpaceCode.trap.count, of: stopped.process) != AddressSpaceCode.trap
    else { return .notOurs(stopped) }
    registers.instructionPointer = address
    registers.write(to: thread)
    stopped.resume(onward, delivering: 0)
    return .done
  }

  /// Lets a thread go on behind the breakpoint that it stands on.
  package func resume(_ stopped: consuming StoppedThread, over hit: Hit) {
    let (thread, process) = (stopped.thread, stopped.process)
    var registers = hit.registers
    guard let space = spaces[process], let site = space.sites[hit.address] else {
      // It was removed meanwhile: its instruction is there again.
      registers.write(to: thread)
      return stopped.resume(onward, delivering: 0)
    }
    switch site.plan {
    case .emulated(let instruction):
      // Where it cannot be done the processor shall fault on it, with the breakpoint out of the way for all.
      if !instruction.run(&registers, of: process) {
        while space.sites[hit.address] != nil { space.remove(hit.address, by: thread) }
      }
      registers.write(to: thread)
      stopped.resume(onward, delivering: 0)
    case .copied, .rebased:
      guard let slot = space.slot else {
        while space.sites[hit.address] != nil { space.remove(hit.address, by: thread) }
        registers.write(to: thread)
        return stopped.resume(onward, delivering: 0)
      }
      registers.write(to: thread)
      let step = Step(address: hit.address, slot: slot)
      waiting.append((process, HeldThread(stopped), step))
      beginNext()
    }
  }

  /// Begins the steps whose slot is free.
  private func beginNext() {
    var left: [(process: Int32, thread: HeldThread, step: Step)] = []
    var busy = Set(steps.values.map(\.slot))
    // Two programs may have the same slot in different memory: the wait is needless then, and short.
    for turn in waiting {
      if busy.contains(turn.step.slot) {
        left.append(turn)
      } else if let stopped = turn.thread.take() {
        if begin(turn.step, stopped) { busy.insert(turn.step.slot) }
      }
    }
    waiting = left
  }

  private func begin(_ step: Step, _ stopped: consuming StoppedThread) -> Bool {
    let (thread, process) = (stopped.thread, stopped.process)
    guard var registers = RegisterWords(of: thread), let space = spaces[process],
      let site = space.sites[step.address]
    else {
      stopped.resume(onward, delivering: 0)
      return false
    }
    var step = step
    let code: [UInt8]
    switch site.plan {
    case .emulated: code = []
    case .copied(let bytes): code = bytes
    case .rebased(let bytes, let register):
      code = bytes
      #if arch(x86_64)
        let place = RegisterWords.encodingOrder[register & 15]
        step.lent = (place, registers[place])
        registers[place] = step.address &+ UInt64(bytes.count)
      #endif
    }
    guard !code.isEmpty, space.fillSlot(code, by: thread, process: process) != nil else {
      space.forget(step.address)
      stopped.resume(onward, delivering: 0)
      return false
    }
    registers.instructionPointer = step.slot
    guard registers.write(to: thread) else { return false }
    steps[thread] = step
    stopped.resume(.step, delivering: 0)
    return true
  }

  private func takeDuringStep(_ stop: WaitReport.Stop, _ stopped: consuming StoppedThread) -> Answer {
    let thread = stopped.thread
    guard var step = steps[thread], var registers = RegisterWords(of: thread) else {
      endedThread(thread)
      return .notOurs(stopped)
    }
    let hasRun = registers.instructionPointer != step.slot
    switch stop {
    case .signal(Self.trapSignal) where hasRun:
      finish(step, &registers, stopped.process, thread)
      guard let signal = step.signal else {
        stopped.resume(onward, delivering: 0)
        return .done
      }
      _ = unsafe signal.information.withUnsafeBytes {
        unsafe inquest_signal_bytes(thread, UnsafeMutableRawPointer(mutating: $0.baseAddress), 1)
      }
      return .signal(signal.number, stopped)
    case .signal(Self.trapSignal) where StoppedThread.signalCode(thread) == Self.trace:
      // One turn of an instruction that repeats itself.
      stopped.resume(.step, delivering: 0)
      return .done
    case .signal(let number) where !Self.faults.contains(number) && step.signal == nil:
      // It came from elsewhere: first the step, then the signal.
      var information = [UInt8](repeating: 0, count: 128)
      _ = unsafe information.withUnsafeMutableBytes { unsafe inquest_signal_bytes(thread, $0.baseAddress, 0) }
      step.signal = (number, information)
      steps[thread] = step
      stopped.resume(.step, delivering: 0)
      return .done
    case .trap:
      stopped.resume(.step)
      return .done
    default:
      // The instruction itself faulted, or the thread stops or ends: it stands where it would have stood.
      registers.instructionPointer = step.address
      if let lent = step.lent { registers[lent.place] = lent.value }
      registers.write(to: thread)
      again[thread] = (step.address, registers.stackPointer)
      steps[thread] = nil
      release(stopped.process, by: thread)
      return .notOurs(stopped)
    }
  }

  private func finish(_ step: Step, _ registers: inout RegisterWords, _ process: Int32, _ thread: Int32) {
    registers.instructionPointer = registers.instructionPointer &- step.slot &+ step.address
    if let lent = step.lent { registers[lent.place] = lent.value }
    registers.write(to: thread)
    steps[thread] = nil
    release(process, by: thread)
  }

  private func release(_ process: Int32, by thread: Int32) {
    spaces[process]?.restoreSlot(by: thread)
    beginNext()
  }

  static let trapSignal: Int32 = 5
  /// TRAP_TRACE.
  private static let trace: Int32 = 2
  /// SIGILL, SIGBUS, SIGFPE, SIGSEGV: raised by the instruction itself.
  private static let faults: Set<Int32> = [4, 7, 8, 11]
}

/// A stopped thread that is kept for later, where only copyable things can be kept.
package final class HeldThread {
  private var stopped: StoppedThread?

  package init(_ stopped: consuming StoppedThread) { self.stopped = consume stopped }

  /// Hands it over; nil where that was done.
  package func take() -> StoppedThread? {
    let taken = stopped.take()
    return taken
  }

  package var thread: Int32? {
    guard stopped != nil else { return nil }
    return lend { $0.thread }
  }

  /// Looks at it; nil where it was handed over.
  package func lend<Result>(_ body: (borrowing StoppedThread) -> Result) -> Result? {
    guard let thread = stopped.take() else { return nil }
    let result = body(thread)
    stopped = consume thread
    return result
  }
}
