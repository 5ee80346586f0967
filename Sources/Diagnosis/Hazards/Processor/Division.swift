internal import Bytes
internal import Disassembly
internal import Machine
internal import Targets

/// A division by zero, or one whose quotient does not fit (x86-64 raises the same trap for both).
enum Division {
  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard crash.signal.number == SignalInfo.arithmetic, !crash.signal.isSent, let instruction = fault.instruction else {
      return nil
    }
    let place = investigation.place(instruction.address)
    var evidence = [investigation.evidence("\(instruction.text) at \(place)", of: instruction.address)]
    if let code = crash.signal.code, let reason = floatingReasons[code] {
      return floating(investigation, crash, instruction, reason, evidence)
    }
    guard instruction.kind == .divide else {
      return Finding(
        hazard: .floatingPointException, certainty: .possible, thread: crash.thread.tid,
        statement: "An arithmetic exception was raised in \(investigation.function(instruction.address)).",
        evidence: evidence,
        refutedBy: "a floating-point exception that the program enabled (feenableexcept)", remedies: [])
    }
    let divisor = divisor(of: instruction, crash, investigation)
    if let divisor { evidence.append(Evidence("the divisor, \(divisor.name), is \(divisor.value)")) }
    let statement: String
    let certainty: Certainty
    switch divisor?.value {
    case 0:
      statement = "An integer was divided by zero."
      certainty = .proved
    case -1:
      statement = "The smallest integer was divided by -1: the quotient does not fit into its register."
      certainty = .proved
    case .some(let value):
      statement = "A division by \(value) has a quotient that does not fit into its register."
      certainty = .proved
    case nil:
      statement = "An integer was divided by zero, or the quotient did not fit."
      certainty = .likely
    }
    let isOverflow = divisor.map { $0.value != 0 } ?? false
    return Finding(
      hazard: isOverflow ? .divisionOverflow : .divisionByZero, certainty: certainty, thread: crash.thread.tid,
      statement: statement, evidence: evidence,
      remedies: [
        isOverflow
          ? "Check both operands before the division in \(investigation.function(instruction.address)): x86-64 raises the "
            + "signal of a division by zero for a quotient that does not fit."
          : "Check the divisor before the division in \(investigation.function(instruction.address))."
      ])
  }

  /// si_code of SIGFPE for floating point: FPE_FLTDIV to FPE_FLTSUB (sigaction(2)).
  private static let floatingReasons: [Int32: String] = [
    3: "a division by zero", 4: "an overflow", 5: "an underflow", 6: "an inexact result", 7: "an invalid operation",
  ]

  /// A floating-point exception that the program asked for.
  private static func floating(
    _ investigation: Investigation, _ crash: Crash, _ instruction: Instruction, _ reason: String, _ evidence: [Evidence]
  ) -> Finding {
    // x87 reports an exception at the next instruction of its unit.
    let isLate = instruction.mnemonic.hasPrefix("f")
    let place = investigation.function(instruction.address)
    return Finding(
      hazard: .floatingPointException, certainty: .proved, thread: crash.thread.tid,
      statement:
        "A floating-point exception was raised in \(place): \(reason). The program has enabled such exceptions.",
      evidence: evidence + [
        Evidence(
          "the kernel reports si_code \(crash.signal.code ?? 0): \(reason)"
            + (isLate ? "; an instruction of the x87 unit before this one did it" : ""))
      ],
      remedies: [
        "Find who enables them (feenableexcept, -ffpe-trap=, -ftrapping-math options), or check the operands before."
      ])
  }

  /// The divisor's name and value, of a register or of memory.
  private static func divisor(
    of instruction: Instruction, _ crash: Crash, _ investigation: Investigation
  ) -> (name: String, value: Int64)? {
    let isSigned = instruction.mnemonic.hasPrefix("i") || instruction.mnemonic.hasPrefix("s")
    if let access = instruction.accesses.first {
      guard let size = access.size,
        let address = access.address(
          registers: crash.registers, instruction: instruction, architecture: investigation.architecture,
          threadPointer: crash.thread.threadPointer), let bytes = investigation.memory.read(address, size)
      else { return nil }
      let raw = bytes.array.enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << UInt64(8 * min($1.offset, 7)) }
      return ("at \(hex(address))", extended(raw, size, isSigned))
    }
    // The last operand; on x86-64 the only one.
    guard let name = instruction.operands.split(separator: " ").last.map(String.init),
      let (register, size) = Self.register(name, investigation.architecture), let raw = crash.registers[register]
    else { return nil }
    return (name, extended(raw, size, isSigned))
  }

  private static func extended(_ raw: UInt64, _ size: Int, _ isSigned: Bool) -> Int64 {
    let shift = Int64(64 - 8 * min(max(size, 1), 8))
    let high = Int64(bitPattern: raw << UInt64(shift))
    return isSigned ? high >> shift : Int64(bitPattern: UInt64(bitPattern: high) >> UInt64(shift))
  }

  /// The DWARF number and the size in bytes of a register by its name, low bytes only.
  private static func register(_ name: String, _ architecture: Architecture) -> (Int, Int)? {
    let names = architecture.registerNames
    if let number = names.firstIndex(of: name) { return (number, 8) }
    if architecture == .aarch64 {
      return name.hasPrefix("w") ? Int(name.dropFirst()).map { ($0, 4) } : nil
    }
    for (suffix, size) in [("d", 4), ("w", 2), ("b", 1)] where name.hasSuffix(suffix) {
      if let number = names.firstIndex(of: String(name.dropLast())), number >= 8 { return (number, size) }
    }
    if name.hasPrefix("e"), let number = names.firstIndex(of: "r" + name.dropFirst()) { return (number, 4) }
    if let number = names.firstIndex(of: "r" + name) { return (number, 2) }
    let low = ["al": 0, "dl": 1, "cl": 2, "bl": 3, "sil": 4, "dil": 5, "bpl": 6, "spl": 7]
    return low[name].map { ($0, 1) }
  }
}
