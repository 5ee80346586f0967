internal import Bytes
internal import Disassembly
internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// Where the value of a register came from, as far as the instructions before the fault tell.
enum PointerOrigin {
  /// The furthest that is looked back, in bytes.
  private static let reach: UInt64 = 512

  /// Evidence of where `register` got its value, checked against memory; nil where that cannot be shown.
  static func evidence(
    ofRegister register: Int, _ crash: Crash, _ fault: FaultAnalysis, _ investigation: Investigation
  ) -> Evidence? {
    guard let pc = crash.registers.instructionPointer(investigation.architecture),
      let value = crash.registers[register], let frame = crash.walk.frames.first
    else { return nil }
    let resolved = investigation.names.resolve([frame.lookupAddress]).first?.symbol?.address
    guard let start = frame.functionStart != 0 ? frame.functionStart : resolved, start <= pc else { return nil }
    // Instructions are read from the function's start: from the middle they might be read wrongly.
    guard pc - start <= reach * 8, let code = investigation.memory.read(start, Int(pc - start)) else { return nil }
    let before = investigation.disassembler.instructions(from: start, code, count: 4096)
    let name = investigation.registerName(register)
    for (position, instruction) in before.enumerated().reversed() {
      guard pc - instruction.address <= reach else { return nil }
      if instruction.kind == .call, isReturnRegister(register, investigation.architecture) {
        guard let callee = instruction.target else { return nil }
        return investigation.evidence(
          "\(name) is what \(investigation.function(callee)) returned", of: instruction.address)
      }
      guard instruction.writes(register) else { continue }
      return load(
        instruction, later: before[(position + 1)...], value: value, name: name, crash, investigation)
    }
    let number = argument(register, investigation.architecture)
    return number.map {
      Evidence("\(name) is argument \($0) of \(investigation.function(frame.lookupAddress)), unchanged since its entry")
    }
  }

  /// The load that gave the register its value, where its address can still be computed and holds the value.
  private static func load(
    _ instruction: Instruction, later: ArraySlice<Instruction>, value: UInt64, name: String, _ crash: Crash,
    _ investigation: Investigation
  ) -> Evidence? {
    guard let access = instruction.accesses.first, access.direction == .read, instruction.accesses.count == 1 else {
      return nil
    }
    let isIntact = access.registers.allSatisfy { register in
      !instruction.writes(register) && !later.contains { $0.writes(register) }
    }
    guard isIntact,
      let address = access.address(
        registers: crash.registers, instruction: instruction, architecture: investigation.architecture,
        threadPointer: crash.thread.threadPointer),
      investigation.memory.word(at: address) == value
    else { return nil }
    let symbol = investigation.names.resolve([address]).first?.symbol
    let place = symbol.map { "\($0.name.text(.short))\($0.offset == 0 ? "" : "+\($0.offset)")" } ?? hex(address)
    return investigation.evidence(
      "\(name) was loaded from \(place) by \(instruction.text), and it is still there", at: address)
  }

  private static func isReturnRegister(_ register: Int, _ architecture: Architecture) -> Bool { register == 0 }

  /// The number, from 1, of the integer argument that the register passes (System V ABI AMD64 section 3.2.3;
  /// AAPCS64 section 6.8.2).
  private static func argument(_ register: Int, _ architecture: Architecture) -> Int? {
    switch architecture {
    case .x86_64: [5, 4, 1, 2, 8, 9].firstIndex(of: register).map { $0 + 1 }
    case .aarch64: register < 8 ? register + 1 : nil
    }
  }
}
