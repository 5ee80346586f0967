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
  private static func fetched(_ investigation: Investigation, _ crash: Crash, _ pc: UInt64) -> Finding {
    let mapping = investigation.target.mapping(containing: pc)
    let isData = mapping.map { $0.permissions?.contains(.read) ?? true } ?? false
    let region = investigation.region(pc)
    var evidence = [
      investigation.evidence(
        isData
          ? "the instruction pointer is \(hex(pc)), in \(region), which may not be executed"
          : "the instruction pointer is \(hex(pc)), where \(mapping == nil ? "nothing is mapped" : "nothing may be accessed")",
        at: pc, count: 16)
    ]
    let caller = caller(investigation, crash, target: pc)
    if let caller { evidence.append(caller.evidence) }
    let pattern = PointerPattern(pc)
    if let pattern { evidence.append(Evidence("the address itself is \(pattern.description)")) }
    let via = caller.map { " \($0.name) called it." } ?? ""
    let what = pc == 0 ? "A null function pointer was called." : "Control went to \(hex(pc)), which is no code."
    return Finding(
      hazard: isData ? .executeNonExecutable : .badJump, certainty: .proved, thread: crash.thread.tid,
      statement: isData
        ? "Control went to \(hex(pc)) in \(region), which is data and may not be executed.\(via)" : what + via,
      evidence: evidence,
      refutedBy: caller == nil ? nil : "a return address that was left there by an earlier call",
      remedies: remedies(caller != nil, pc))
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
        : remedies(true, address))
  }

  /// The caller, by the return address: on top of the stack on x86-64, in x30 on aarch64, with a call before it.
  private static func caller(
    _ investigation: Investigation, _ crash: Crash, target: UInt64
  ) -> (name: String, evidence: Evidence)? {
    let isX86 = investigation.architecture == .x86_64
    let stackPointer = crash.registers.stackPointer(investigation.architecture) ?? 0
    let address = isX86 ? investigation.memory.word(at: stackPointer) : crash.registers[30]
    guard let address, let call = investigation.call(before: address), call.target == nil || call.target == target
    else {
      return nil
    }
    return (
      investigation.function(address &- 1),
      investigation.evidence(
        "the return address \(isX86 ? "on the stack" : "in x30"), \(hex(address)), is that of \(call.text) "
          + "at \(investigation.place(call.address))", of: call.address)
    )
  }

  private static func remedies(_ hasCaller: Bool, _ address: UInt64) -> [String] {
    hasCaller
      ? [
        address == 0
          ? "Set the function pointer before the call named above, or check it: a weak symbol, a callback that was "
            + "never registered, or a method of an object that is gone."
          : "Find who wrote over the function pointer or the object (its table of virtual methods) that it was read "
            + "from: build with -fsanitize=address, or run under `valgrind`."
      ]
      : ["No call leads there: a return address or a saved register was overwritten. Build with -fsanitize=address."]
  }
}
