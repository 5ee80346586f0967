internal import Bytes
internal import Disassembly
internal import Machine
internal import Targets
internal import Unwinding

/// The stack pointer points to no stack, and nothing that the function takes for itself explains that: a switch of
/// stacks to a context that was overwritten or freed.
enum CorruptStackPointer {
  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    let architecture = investigation.architecture
    guard crash.signal.number == SignalInfo.segmentation || crash.signal.number == SignalInfo.bus,
      !crash.signal.isSent, fault.cause == .access || fault.cause == .nonCanonical, let faulting = fault.faulting,
      faulting.access.base == architecture.stackPointerRegister, faulting.access.index == nil,
      let address = faulting.address, let stackPointer = crash.registers.stackPointer(architecture),
      investigation.stack(containing: stackPointer, alternate: nil) == nil
    else { return nil }
    let name = investigation.registerName(architecture.stackPointerRegister)
    let pc = crash.pc(architecture)
    let isMapped = investigation.target.mapping(containing: stackPointer) != nil
    // An address that something lies at is no text, whatever its bytes are.
    let pattern = isMapped ? nil : PointerPattern(stackPointer)
    var evidence = [
      investigation.evidence(
        "\(fault.instructionText) at \(investigation.place(pc)) was \(BadPointer.verb(faulting.access.direction)) "
          + "\(hex(address)) through \(name)", of: pc),
      Evidence(
        "\(name) = \(hex(stackPointer))\(pattern.map { ", \($0.description)" } ?? ""), which is in "
          + (architecture.isCanonical(stackPointer) ? investigation.region(stackPointer) : "no address space")),
    ]
    let frame = crash.walk.frames.first
    let home = frame.flatMap { frame in
      frame.cfa > 0 ? investigation.stack(containing: frame.cfa - 1, alternate: crash.alternateStack) : nil
    }
    if let frame, let home {
      evidence.append(
        Evidence(
          "the frame of \(investigation.function(frame.lookupAddress)) begins at \(hex(frame.cfa)), on \(investigation.name(of: home)) "
            + "(\(hex(home.start))-\(hex(home.end)))", address: frame.cfa))
    }
    if let frame, case .replaced(let at) = frame.moves(in: investigation),
      let instruction = investigation.instruction(at: at)
    {
      evidence.append(
        investigation.evidence("\(instruction.text) at \(investigation.place(at)) had set \(name)", of: at))
    }
    let isImpossible = stackPointer < 65_536 || !architecture.isCanonical(stackPointer)
    return Finding(
      hazard: .corruptStackPointer, certainty: isImpossible || home != nil ? .proved : .likely,
      thread: crash.thread.tid,
      statement: stackPointer == 0
        ? "The stack pointer is null."
        : "The stack pointer points to no stack: \(name) is \(hex(stackPointer)).",
      evidence: evidence,
      refutedBy: isImpossible || isMapped ? nil : "a stack that was unmapped while code was running on it",
      remedies: [
        "Look at what switches stacks: fibers, coroutines, setcontext, longjmp, hand-written assembly. The context that "
          + "it loaded was overwritten, freed, or never set.",
        "`inquest examine CORE stack --thread \(crash.thread.tid)` shows what is left of the stack.",
      ])
  }
}
