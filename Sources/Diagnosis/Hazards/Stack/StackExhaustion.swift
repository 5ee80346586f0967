internal import Disassembly
internal import Machine
internal import Targets
internal import Unwinding

/// A stack ran out: the faulting access belongs to a frame that begins on a stack and ends below its low end.
///
/// The proof needs no guard page in the dump: the frame lies between its CFA, which is on the stack, and the
/// stack pointer, and the address that faulted lies in it, or is pushed by it, below the stack's last byte.
enum StackExhaustion {
  /// How far below the stack pointer code may write: the red zone (128 bytes; System V ABI AMD64 section 3.2.2)
  /// and a push of vector registers.
  private static let belowStackPointer: UInt64 = 512
  /// How far above an address that nothing is mapped at a stack is looked for.
  private static let farthest: UInt64 = 64 << 20
  /// How far below a stack its own stack pointer is believed to be without a reason: the gap that the kernel keeps
  /// free below the main thread's (vm.stack_guard_gap).
  private static let nearest: UInt64 = 1 << 20

  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard crash.signal.number == SignalInfo.segmentation || crash.signal.number == SignalInfo.bus,
      !crash.signal.isSent, let stackPointer = crash.registers.stackPointer(investigation.architecture)
    else { return nil }
    if fault.cause == .access || fault.cause == .unknown, let address = fault.address {
      return overflow(investigation, crash, fault, address, stackPointer)
    }
    return undeliverable(investigation, crash, fault, stackPointer)
  }

  private static func overflow(
    _ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis, _ address: UInt64, _ stackPointer: UInt64
  ) -> Finding? {
    let architecture = investigation.architecture
    let innermost = crash.walk.frames.first
    let cfa = innermost.flatMap { $0.cfa == 0 ? nil : $0.cfa }
    let floor = stackPointer >= belowStackPointer ? stackPointer - belowStackPointer : 0
    let access = fault.faulting?.access
    let isByStackPointer = access?.base == architecture.stackPointerRegister && access?.index == nil
    let isInFrame = address >= floor && address < max(cfa ?? stackPointer, stackPointer &+ 1)
    guard isByStackPointer || isInFrame else { return nil }
    let home = cfa.flatMap { investigation.stack(containing: $0 &- 1, alternate: crash.alternateStack) }
    let overrun = overrunAlternate(investigation, crash, address)
    let candidates = [
      overrun, home, investigation.stack(containing: stackPointer, alternate: crash.alternateStack),
      investigation.stack(above: address, within: farthest, alternate: crash.alternateStack),
    ]
    let found = candidates.lazy.compactMap { $0 }.first { stack in
      address < stack.start && isExplained(investigation, crash, stack, stackPointer)
    }
    guard let stack = found else { return nil }
    // A stack pointer far above the end of the stack it is on has not run out of it.
    let frameTop = cfa.map { stack.contains($0 &- 1) ? $0 : stackPointer } ?? stackPointer
    let hasKnownFrame = overrun != nil || cfa.map { stack.contains($0 &- 1) } ?? false || stack.contains(stackPointer)
    let isInGuard = stack.guardRange?.contains(address) ?? (investigation.target.mapping(containing: address) == nil)
    // A function that stands on one stack, and has just gone to another, may have gone anywhere; so may one that
    // nothing called.
    let isOnePlace = overrun != nil || home == nil || home == stack
    let isCalled = crash.walk.frames.dropFirst().first.map { $0.provenance != .scan } ?? false
    let certainty: Certainty =
      hasKnownFrame && isOnePlace && isCalled && (isInGuard || isInFrame) ? .proved : .likely
    let story = StackStory(investigation, crash, stack, frameTop: frameTop)
    var evidence = [
      investigation.evidence(
        "\(fault.instructionText) at \(investigation.place(crash.pc(architecture))) "
          + "accessed \(hex(address)), \(grouped(stack.start - address)) bytes below the end of \(investigation.name(of: stack))"
          + guardNote(investigation, stack, address), of: crash.pc(architecture)),
      Evidence(
        "\(investigation.name(of: stack)) \(stack.kind == .other || stack.kind.isData ? "lies in" : "is") "
          + "\(hex(stack.start))-\(hex(stack.end)), \(byteCount(stack.size)); "
          + "the stack pointer was \(hex(stackPointer)), "
          + (stackPointer >= stack.start
            ? "\(grouped(stackPointer - stack.start)) bytes above its end"
            : "\(grouped(stack.start - stackPointer)) bytes beyond its end"),
        address: stackPointer),
    ]
    evidence += story.evidence
    if crash.signal.code == SignalInfo.kernel {
      evidence.append(
        Evidence("the kernel could not write a signal frame either: it reported SI_KERNEL and no address"))
    }
    return Finding(
      hazard: .stackExhaustion, certainty: certainty, thread: crash.thread.tid,
      statement: story.statement, evidence: evidence,
      refutedBy: "a stack pointer that had been overwritten: then the frames above it would make no sense",
      remedies: story.remedies)
  }

  /// Whether the stack pointer is where the code can have brought it from `stack`: near its low end, or as far below
  /// as the frame's own size or an alloca(3) goes. Any other has been overwritten.
  private static func isExplained(
    _ investigation: Investigation, _ crash: Crash, _ stack: StackRegion, _ stackPointer: UInt64
  ) -> Bool {
    if stackPointer >= stack.start || stack.start - stackPointer <= nearest { return true }
    guard let frame = crash.walk.frames.first, stack.contains(frame.cfa &- 1) else { return false }
    let taken = frame.cfa &- stackPointer
    if let start = frame.start(in: investigation), let wanted = FrameDemand.bytes(from: start, in: investigation),
      taken <= wanted &+ 4096
    {
      return true
    }
    return frame.moves(in: investigation) == .dynamic
  }

  /// The alternate signal stack, where code that began on it has run on below it: nothing guards an array or a
  /// block of the heap, and the fault comes at the end of whatever lies below.
  private static func overrunAlternate(
    _ investigation: Investigation, _ crash: Crash, _ address: UInt64
  ) -> StackRegion? {
    guard let alternate = crash.alternateStack, address < alternate.lowerBound,
      let mapping = investigation.target.mapping(containing: alternate.lowerBound),
      crash.walk.frames.contains(where: { alternate.contains($0.stackPointer) })
    else { return nil }
    return mapping.start - min(mapping.start, address) <= nearest
      ? investigation.stack(containing: alternate.lowerBound, alternate: alternate) : nil
  }

  /// A signal that came while the stack had no room for its frame: nothing faulted, and SP is at the very end.
  private static func undeliverable(
    _ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis, _ stackPointer: UInt64
  ) -> Finding? {
    guard crash.signal.code == SignalInfo.kernel, fault.cause == .unknown, fault.instruction != nil,
      let stack = investigation.stack(containing: stackPointer, alternate: crash.alternateStack),
      stackPointer - stack.start < 4096, stack.guardRange != nil || stack.kind == .main
    else { return nil }
    let story = StackStory(investigation, crash, stack, frameTop: stackPointer)
    return Finding(
      hazard: .stackExhaustion, certainty: .likely, thread: crash.thread.tid,
      statement: "A signal came when \(investigation.name(of: stack)) had no room left for its frame: "
        + "\(grouped(stackPointer - stack.start)) bytes.",
      evidence: [
        Evidence(
          "the stack pointer \(hex(stackPointer)) is \(grouped(stackPointer - stack.start)) bytes above the end "
            + "of \(investigation.name(of: stack)) (\(byteCount(stack.size))); a signal frame takes 1 to 4 KiB",
          address: stackPointer),
        investigation.evidence(
          "the instruction at \(investigation.place(crash.pc(investigation.architecture))) cannot fault as it stands, "
            + "and the kernel reported SI_KERNEL", of: crash.pc(investigation.architecture)),
      ] + story.evidence,
      refutedBy: "a general protection fault of that instruction", remedies: story.remedies)
  }

  private static func guardNote(_ investigation: Investigation, _ stack: StackRegion, _ address: UInt64) -> String {
    if let range = stack.guardRange, range.contains(address) {
      return ", in its guard (\(byteCount(range.upperBound - range.lowerBound)))"
    }
    switch investigation.target.mapping(containing: address) {
    case nil: return ", where nothing is mapped"
    case .some(let mapping) where mapping.isForbidden: return ", where nothing may be accessed"
    case .some: return ""
    }
  }
}

extension Crash {
  /// The instruction pointer; 0 where it is not known.
  func pc(_ architecture: Architecture) -> UInt64 { registers.instructionPointer(architecture) ?? 0 }
}
