internal import Bytes
internal import Disassembly
internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// Instructions that end a program: what compilers emit for it, and what no processor knows.
enum Traps {
  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard !crash.signal.isSent else { return nil }
    switch crash.signal.number {
    case SignalInfo.illegal: return illegal(investigation, crash, fault)
    case SignalInfo.trap: return breakpoint(investigation, crash, fault)
    case SignalInfo.segmentation where fault.cause == .privileged: return privileged(investigation, crash, fault)
    default: return nil
    }
  }

  private static func illegal(
    _ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis
  ) -> Finding? {
    let pc = crash.pc(investigation.architecture)
    guard let instruction = fault.instruction, instruction.kind == .trap else {
      return unknownInstruction(investigation, crash, fault, pc)
    }
    return trap(investigation, crash, instruction)
  }

  /// `ud2`, `ud1`, `brk`, `udf`: the compiler's own end of a path that must not be taken.
  private static func trap(_ investigation: Investigation, _ crash: Crash, _ instruction: Instruction) -> Finding {
    let place = investigation.place(instruction.address)
    var evidence = [
      investigation.evidence(
        "\(instruction.text) at \(place) is an instruction that compilers emit to end a program",
        of: instruction.address)
    ]
    let callers = crash.walk.frames.dropFirst().prefix(3).map { investigation.function($0.lookupAddress) }
    if !callers.isEmpty { evidence.append(Evidence("called from " + callers.joined(separator: ", from "))) }
    var statement = "The program ended itself by a trap in \(investigation.function(instruction.address))."
    var remedies = [
      "Look at the condition before it: `inquest examine CORE disassemble`; a failed check or `__builtin_trap`, "
        + "`std::intrinsics::abort`, or a path declared unreachable."
    ]
    if let check = SanitizerTrap(instruction) {
      statement =
        "A check of the undefined behaviour sanitizer failed in \(investigation.function(instruction.address)): \(check.text)."
      evidence.append(
        Evidence(
          "the trap carries number \(check.number): \(check.text)", address: instruction.address,
          bytes: instruction.bytes))
      remedies = ["Mend the expression at that place; `-fno-sanitize-trap=all` makes the check print its values."]
    }
    return Finding(
      hazard: .compilerTrap, certainty: .proved, thread: crash.thread.tid, statement: statement, evidence: evidence,
      remedies: remedies)
  }

  private static func unknownInstruction(
    _ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis, _ pc: UInt64
  ) -> Finding? {
    guard investigation.target.mapping(containing: pc) != nil || fault.instruction != nil else { return nil }
    let bytes = investigation.memory.readPrefix(pc, 16)
    let text = fault.instruction.map { "\($0.text) is not known to this processor" }
    return Finding(
      hazard: .illegalInstruction, certainty: .likely, thread: crash.thread.tid,
      statement: text.map { $0 + ", or may not be used here." }
        ?? "The bytes at \(investigation.place(pc)) are no instruction: control came to data, or code was overwritten.",
      evidence: [
        Evidence(
          "the processor refused what lies at \(investigation.place(pc))", address: pc,
          bytes: bytes.isEmpty ? nil : bytes.array)
      ],
      refutedBy: "a file whose code differs from the dumped one",
      remedies: fault.instruction != nil
        ? ["Build for the processor it runs on (-march), or select the code at run time: `grep flags /proc/cpuinfo`."]
        : ["Compare the code with its file, and look at how control came here: `inquest examine CORE stack`."])
  }

  private static func privileged(
    _ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis
  ) -> Finding? {
    guard let instruction = fault.instruction else { return nil }
    let isHalt = instruction.mnemonic == "hlt"
    return Finding(
      hazard: .illegalInstruction, certainty: .proved, thread: crash.thread.tid,
      statement: "\(instruction.mnemonic) is an instruction for the kernel alone"
        + (isHalt ? "; libc uses it to end a program that cannot go on." : "."),
      evidence: [
        investigation.evidence(
          "\(instruction.text) at \(investigation.place(instruction.address))", of: instruction.address)
      ],
      remedies: ["Look at what called \(investigation.function(instruction.address)): `inquest examine CORE stack`."])
  }

  private static func breakpoint(
    _ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis
  ) -> Finding? {
    let pc = crash.pc(investigation.architecture)
    if let instruction = fault.instruction, instruction.kind == .trap, investigation.architecture == .aarch64 {
      return trap(investigation, crash, instruction)
    }
    // These are traps: the instruction pointer is behind them. int3 (CC, or CD 03), and int1 (F1).
    guard let start = breakpoint(before: pc, investigation) else { return nil }
    let instruction = investigation.instruction(at: start)
    return Finding(
      hazard: .compilerTrap, certainty: .proved, thread: crash.thread.tid,
      statement:
        "The program ran into a breakpoint instruction in \(investigation.function(start)), and no debugger was there.",
      evidence: [
        investigation.evidence("\(instruction?.text ?? "int3") at \(investigation.place(start))", of: start)
      ],
      refutedBy: "a debugger that left its breakpoint behind",
      remedies: [
        "Look at the condition before it: debug traps, padding between functions, or a breakpoint left by a tracer."
      ])
  }
}

extension Traps {
  /// Where the breakpoint instruction that ends at `pc` begins.
  private static func breakpoint(before pc: UInt64, _ investigation: Investigation) -> UInt64? {
    guard investigation.architecture == .x86_64, pc > 2, let bytes = investigation.memory.read(pc - 2, 2)?.array else {
      return nil
    }
    // Some processors, and some that are emulated, stop at int1, and not behind it.
    if investigation.memory.load(UInt8.self, at: pc) == 0xf1, bytes[1] != 0xcc { return pc }
    if bytes[1] == 0xcc || bytes[1] == 0xf1 { return pc - 1 }
    return bytes == [0xcd, 0x03] ? pc - 2 : nil
  }
}

/// The number that clang puts into the trap of a check (`-fsanitize-trap`): the displacement of `ud1` on x86-64,
/// the low byte of `brk #0x55nn` on aarch64.
struct SanitizerTrap {
  let number: Int
  let text: String

  init?(_ instruction: Instruction) {
    let bytes = instruction.bytes
    if bytes.starts(with: [0x67, 0x0f, 0xb9]) {
      guard bytes.count == 5 || bytes.count == 4 else { return nil }
      number = bytes.count == 5 ? Int(bytes[4]) : 0
    } else if bytes.count == 4, bytes[3] == 0xd4, bytes[2] & 0xe0 == 0x20 {
      let word = bytes.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << UInt32(8 * $1.offset) }
      guard word >> 13 & 0xff == 0x55 else { return nil }
      number = Int(word >> 5 & 0xff)
    } else {
      return nil
    }
    text = Self.checks.indices.contains(number) ? Self.checks[number] : "check \(number)"
  }

  /// In the order of clang's LIST_SANITIZER_CHECKS (clang/lib/CodeGen/SanitizerHandler.h).
  private static let checks = [
    "an addition overflowed", "code declared unreachable was reached", "an indirect call failed its integrity check",
    "a division by zero, or one that overflowed", "an object is not of the class it is used as",
    "a floating-point number does not fit into the integer", "a function was called through a pointer of another type",
    "a value changed in an implicit conversion", "a built-in function was given zero", "an Objective-C cast was wrong",
    "a bool or enumeration has a value that it cannot have", "a function ended without returning a value",
    "a multiplication overflowed", "a negation overflowed", "null was passed for a nonnull parameter",
    "null was returned by a nonnull function", "null was passed for a nonnull parameter",
    "null was returned by a nonnull function", "an array index is out of bounds", "pointer arithmetic overflowed",
    "a shift went beyond the type's width", "a subtraction overflowed",
    "a null or misaligned pointer was used, or one to an object of another type", "an assumed alignment does not hold",
    "a variable-length array has no positive length",
  ]
}
