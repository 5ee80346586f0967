internal import Bytes
internal import Disassembly
internal import Machine
internal import Targets
internal import Unwinding

/// Code that is not there: a call or jump to null or a wild address, memory that may not be executed.
enum BadJump {
  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard crash.signal.number == SignalInfo.segmentation || crash.signal.number == SignalInfo.bus, !crash.signal.isSent,
      let address = fault.address
    else { return nil }
    if fault.cause == .fetch { return fetched(investigation, crash, address) }
    guard fault.cause == .nonCanonical, fault.faulting == nil, let instruction = fault.instruction else { return nil }
    return transferred(investigation, crash, instruction, to: address)
  }

  /// The processor arrived at an address that holds no code.
  private static func fetched(_ investigation: Investigation, _ crash: Crash, _ pc: UInt64) -> Finding? {
    let mapping = investigation.target.mapping(containing: pc)
    // Code that may be run, and is not there: not a matter of where control went.
    if let permissions = mapping?.permissions, permissions.contains(.execute) { return nil }
    let isData = mapping.map { $0.permissions?.contains(.read) ?? true } ?? false
    let region = investigation.region(pc)
    var evidence = [
      investigation.evidence(
        isData
          ? "the instruction pointer is \(hex(pc)), in \(region), which may not be executed"
          : "the instruction pointer is \(hex(pc)), where \(mapping == nil ? "nothing is mapped" : "nothing may be accessed")",
        at: pc, count: 16)
    ]
    let arrival = Arrival(investigation, crash, at: pc)
    evidence += arrival.evidence
    let pattern = PointerPattern(pc)
    if let pattern { evidence.append(Evidence("the address itself is \(pattern.description)")) }
    let what =
      isData
      ? "Control went to \(hex(pc)) in \(region), which is data and may not be executed."
      : pc == 0
        ? arrival.isCall ? "A null function pointer was called." : "Control went to address 0."
        : "Control went to \(hex(pc)), which is no code."
    return Finding(
      hazard: isData ? .executeNonExecutable : .badJump, certainty: .proved, thread: crash.thread.tid,
      statement: "\(what) \(arrival.sentence)",
      evidence: evidence, refutedBy: arrival.refutedBy, remedies: arrival.remedies(pc))
  }

  /// The processor refused to go to a non-canonical address, and stands at the instruction that tried.
  private static func transferred(
    _ investigation: Investigation, _ crash: Crash, _ instruction: Instruction, to address: UInt64
  ) -> Finding {
    let pattern = PointerPattern(address)
    let isReturn = instruction.kind == .return
    var evidence = [
      investigation.evidence(
        "\(instruction.text) at \(investigation.place(instruction.address)) was to go to \(hex(address)), which no "
          + "address can be", of: instruction.address)
    ]
    if isReturn, let stackPointer = crash.registers.stackPointer(investigation.architecture) {
      evidence.append(
        investigation.evidence(
          "the return address on the stack is \(hex(address))\(pattern.map { ", \($0.description)" } ?? "")",
          at: stackPointer, count: 32))
    } else if let pattern {
      evidence.append(Evidence("\(hex(address)) is \(pattern.description)"))
    }
    return Finding(
      hazard: .badJump, certainty: .proved, thread: crash.thread.tid,
      statement: isReturn
        ? "The return address of \(investigation.function(instruction.address)) was overwritten: it is \(hex(address))."
        : "A function pointer held something that is no address: \(hex(address)).",
      evidence: evidence,
      remedies: isReturn
        ? ["Find the write beyond a local array: build with -fstack-protector-strong or -fsanitize=address."]
        : Arrival.call(remediesFor: address))
  }
}
