internal import Bytes
internal import Disassembly
internal import Heaps
internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// Where the value of a register came from, as far as the instructions before the fault tell.
///
/// Every way through the function that leads to the fault is followed backwards, jumps included, to the instruction
/// that gave the register its value. Only where all ways end at one is that said.
enum PointerOrigin {
  /// The most code of a function that is looked at, in bytes, and how far it is read beyond the fault: a loop jumps
  /// back from there.
  private static let reach: UInt64 = 32 << 10
  private static let beyond = 4096
  /// How often a value is followed from one register to another.
  private static let mostCopies = 4

  /// Evidence of where `register` got its value, checked against memory; nil where that cannot be shown.
  static func evidence(
    ofRegister register: Int, _ crash: Crash, _ fault: FaultAnalysis, _ investigation: Investigation
  ) -> Evidence? {
    guard let pc = crash.registers.instructionPointer(investigation.architecture),
      let value = crash.registers[register], let frame = crash.walk.frames.first,
      let start = frame.start(in: investigation), pc - start <= reach
    else { return nil }
    let code = investigation.memory.readPrefix(start, Int(pc - start) + beyond)
    let instructions = investigation.disassembler.instructions(from: start, code, count: 16_384)
    guard let paths = CodePaths(instructions, investigation.architecture, to: pc) else { return nil }
    let name = investigation.registerName(register)
    var current = register
    var position = paths.end
    var between: Set<Int> = []
    for _ in 0...mostCopies {
      guard let source = paths.source(of: current, before: position) else { return nil }
      between.formUnion(source.between)
      guard let found = source.position else {
        // Nothing writes it, all the way up to the function's first instruction.
        return argument(current, investigation.architecture).map {
          Evidence(
            "\(name) is argument \($0) of \(investigation.function(frame.lookupAddress)), unchanged since its entry")
        }
      }
      let instruction = instructions[found]
      if instruction.kind == .call {
        guard current == 0, let callee = instruction.target else { return nil }
        return investigation.evidence(
          "\(name) is what \(investigation.callee(callee)) returned", of: instruction.address)
      }
      if instruction.mnemonic == "xor", instruction.accesses.isEmpty, value == 0,
        instruction.registersRead == instruction.registersWritten
      {
        return investigation.evidence(
          "\(name) was set to 0 by \(instruction.text) at \(investigation.place(instruction.address))",
          of: instruction.address)
      }
      if let other = copied(by: instruction, investigation.architecture) {
        (current, position) = (other, found)
        continue
      }
      let history = RegisterHistory(
        paths: paths, instructions: instructions, registers: crash.registers, threadPointer: crash.thread.threadPointer)
      return load(found, history, between: between, value: value, name: name, investigation)
    }
    return nil
  }

  /// What evidence says of memory that was freed.
  static let freedMark = "has been freed"

  /// The register that a plain move of a whole register copies.
  private static func copied(by instruction: Instruction, _ architecture: Architecture) -> Int? {
    guard instruction.mnemonic == "mov", instruction.accesses.isEmpty,
      let last = instruction.operands.split(separator: " ").last.map(String.init)
    else { return nil }
    return architecture.registerNames.firstIndex(of: last)
  }

  /// The load that gave the register its value, where its address can still be computed and holds the value.
  private static func load(
    _ position: Int, _ history: RegisterHistory, between: Set<Int>, value: UInt64, name: String,
    _ investigation: Investigation
  ) -> Evidence? {
    let instruction = history.instructions[position]
    guard let address = history.address(ofLoad: position, between: between, investigation),
      investigation.memory.word(at: address) == value
    else { return nil }
    let symbol = investigation.names.resolve([address]).first?.symbol
    let place = symbol.map { "\($0.name.text(.short))\($0.offset == 0 ? "" : "+\($0.offset)")" } ?? hex(address)
    let chunk = investigation.heapChunk(containing: address)
    // glibc's caches of free blocks keep a list in their first words.
    if let chunk, chunk.userStart == address, let next = FreedWord.link(value, at: address, investigation.memory) {
      return investigation.evidence(
        "\(name) was loaded from \(place) by \(instruction.text): that is the first word of a block of the heap "
          + "(\(byteCount(chunk.userSize))) that \(freedMark), and malloc's link to \(next == 0 ? "no other" : hex(next)) lies there",
        at: address, count: 16)
    }
    let block = chunk.map { chunk in
      ", in a block of the heap (\(byteCount(chunk.userSize)))\(chunk.isFreed ? " that \(freedMark)" : ""),"
    }
    return investigation.evidence(
      "\(name) was loaded from \(place)\(block ?? "") by \(instruction.text), and it is still there", at: address)
  }

  /// The number, from 1, of the integer argument that the register passes (System V ABI AMD64 section 3.2.3;
  /// AAPCS64 section 6.8.2).
  private static func argument(_ register: Int, _ architecture: Architecture) -> Int? {
    switch architecture {
    case .x86_64: [5, 4, 1, 2, 8, 9].firstIndex(of: register).map { $0 + 1 }
    case .aarch64: register < 8 ? register + 1 : nil
    }
  }
}
