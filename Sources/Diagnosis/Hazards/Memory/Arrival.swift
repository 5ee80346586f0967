internal import Bytes
internal import Disassembly
internal import Machine
internal import Targets
internal import Unwinding

/// How control came to an address that holds no code: by a call, by a jump of a function that was called, or by a
/// return.
struct Arrival {
  let way: Way
  let evidence: [Evidence]

  enum Way: Equatable {
    /// An indirect call in this function, whose operand holds the address still, or cannot be told.
    case call(from: String)
    /// `callee`, which `caller` called, or something that it called, ended by a jump there.
    case jump(callee: String?, caller: String)
    /// A return address was overwritten.
    case `return`
    case unknown
  }

  init(_ investigation: Investigation, _ crash: Crash, at pc: UInt64) {
    let isX86 = investigation.architecture == .x86_64
    let stackPointer = crash.registers.stackPointer(investigation.architecture) ?? 0
    let address = isX86 ? investigation.memory.word(at: stackPointer) : crash.registers[30]
    if let address, let call = investigation.call(before: address) {
      let name = investigation.function(address &- 1)
      let place =
        "the return address \(isX86 ? "on the stack" : "in x30"), \(hex(address)), is that of \(call.text) "
        + "at \(investigation.place(call.address))"
      evidence = [investigation.evidence(place, of: call.address)]
      if Self.leads(call, to: pc, crash, investigation) {
        way = .call(from: name)
      } else {
        way = .jump(callee: Self.callee(of: call, crash, investigation), caller: name)
      }
      return
    }
    // `ret` leaves what it took from the stack right below the stack pointer.
    if isX86, stackPointer > 8, investigation.memory.word(at: stackPointer - 8) == pc {
      way = .return
      evidence = [
        investigation.evidence(
          "\(hex(pc)) lies right below the stack pointer, \(hex(stackPointer)), where a return takes its address from, "
            + "and no call's return address lies above it", at: stackPointer - 8, count: 24)
      ]
      return
    }
    way = .unknown
    evidence = []
  }

  /// Whether the call's operand has the address still: no instruction has run since.
  static func leads(
    _ call: Instruction, to pc: UInt64, _ crash: Crash, _ investigation: Investigation
  ) -> Bool {
    if let target = call.target { return target == pc }
    // main is there, whoever is to call it.
    guard !isStart(call, investigation) else { return false }
    if let access = call.accesses.first(where: { $0.direction == .read }) {
      let address = access.address(
        registers: crash.registers, instruction: call, architecture: investigation.architecture,
        threadPointer: crash.thread.threadPointer)
      // Its registers may have changed in the function that was called.
      return address.flatMap { investigation.memory.word(at: $0) } == pc
    }
    return (0..<RegisterSet.capacity).contains { register in
      call.registersRead & (1 << UInt64(register)) != 0 && crash.registers[register] == pc
        && register != investigation.architecture.stackPointerRegister
    }
  }

  private static func callee(
    of call: Instruction, _ crash: Crash, _ investigation: Investigation
  ) -> String? {
    isStart(call, investigation) ? "main" : call.target.map { investigation.callee($0) }
  }

  /// Whether the call is libc's of main.
  private static func isStart(_ call: Instruction, _ investigation: Investigation) -> Bool {
    ["__libc_start_call_main", "__libc_start_main", "libc_start_main_stage2"]
      .contains(investigation.rawName(at: call.address))
  }

  var isCall: Bool {
    switch way {
    case .call, .jump: true
    case .return, .unknown: false
    }
  }

  var sentence: String {
    switch way {
    case .call(let caller): "\(caller) called it."
    case .jump(let callee?, let caller):
      "\(callee), which \(caller) called, or something that it called, ended with a jump there."
    case .jump(nil, let caller): "A function that \(caller) called ended with a jump there."
    case .return: "A function returned there: its return address had been overwritten, or the stack pointer was wrong."
    case .unknown: "No call leads there: a return address or a saved register may have been overwritten."
    }
  }

  var refutedBy: String? {
    switch way {
    case .call, .jump: "a return address that was left there by an earlier call"
    case .return: "a jump by a register, with the same value left on the stack by chance"
    case .unknown: nil
    }
  }

  func remedies(_ address: UInt64) -> [String] {
    isCall
      ? Self.call(remediesFor: address)
      : [
        "Find the write beyond a local array, or the switch to a wrong stack: build with -fstack-protector-strong or "
          + "-fsanitize=address."
      ]
  }

  /// What to do about a call of `address`.
  static func call(remediesFor address: UInt64) -> [String] {
    [
      address == 0
        ? "Set the function pointer before the call named above, or check it: a weak symbol, a callback that was "
          + "never registered, or a method of an object that is gone."
        : "Find who wrote over the function pointer or the object (its table of virtual methods) that it was read "
          + "from: build with -fsanitize=address, or run under `valgrind`."
    ]
  }
}
