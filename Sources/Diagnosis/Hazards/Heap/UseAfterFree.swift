internal import Disassembly
internal import Heaps
internal import Machine
internal import Targets
internal import Unwinding

/// A bad pointer that was read from memory which had been freed.
///
/// Never proved: the block may have been freed by another thread right after it was read, and a program may give a
/// pointer's memory back and the pointer be bad for another reason.
enum UseAfterFree {
  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard crash.signal.number == SignalInfo.segmentation || crash.signal.number == SignalInfo.bus, !crash.signal.isSent,
      fault.cause != .misaligned, fault.cause != .privileged, !MallocFrames.isInside(investigation, crash)
    else { return nil }
    for suspect in suspects(investigation, crash, fault) {
      if let read = freedRead(suspect, investigation, crash) {
        return finding(read, suspect, investigation, crash, fault)
      }
      if let finding = key(suspect, investigation, crash, fault) { return finding }
    }
    return nil
  }

  /// A register whose value led to the fault, and where it had that value.
  private struct Suspect {
    let register: Int
    let value: UInt64
    let pc: UInt64
    let crash: Crash
  }

  /// A word that was read from a free block.
  private struct FreedRead {
    let load: PointerTrail.Load
    let chunk: HeapChunk
    /// 0 for the bad pointer itself, 1 for the pointer that it was read through, and so on.
    let depth: Int
  }

  private static func suspects(
    _ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis
  ) -> [Suspect] {
    if fault.cause == .fetch { return callers(investigation, crash, fault.address ?? 0) }
    guard let instruction = fault.instruction else { return [] }
    let registers: [Int]
    if let faulting = fault.faulting {
      registers = faulting.access.registers
    } else if fault.cause == .nonCanonical, instruction.kind == .call || instruction.kind == .jump {
      registers = operands(of: instruction)
    } else {
      return []
    }
    return registers.compactMap { register in
      guard register != investigation.architecture.stackPointerRegister, let value = crash.registers[register] else {
        return nil
      }
      return Suspect(register: register, value: value, pc: instruction.address, crash: crash)
    }
  }

  /// The operands of the indirect call that led to `pc`, or of the jump that its callee ended with, where no
  /// instruction has run since.
  private static func callers(_ investigation: Investigation, _ crash: Crash, _ pc: UInt64) -> [Suspect] {
    let isX86 = investigation.architecture == .x86_64
    guard let stackPointer = crash.registers.stackPointer(investigation.architecture),
      let back = isX86 ? investigation.memory.word(at: stackPointer) : crash.registers[30],
      let call = investigation.call(before: back)
    else { return [] }
    if let callee = call.target {
      return jump(in: callee, to: pc, crash, investigation).map {
        suspects(of: $0, crash.registers, crash, investigation)
      }
        ?? []
    }
    guard Arrival.leads(call, to: pc, crash, investigation) else { return [] }
    // The call undone: what it pushed is taken back.
    var registers = crash.registers
    if isX86 { registers[investigation.architecture.stackPointerRegister] = stackPointer &+ 8 }
    return suspects(of: call, registers, crash, investigation)
  }

  /// The one indirect jump of a short function that leads to `pc`.
  private static func jump(
    in function: UInt64, to pc: UInt64, _ crash: Crash, _ investigation: Investigation
  ) -> Instruction? {
    let code = investigation.memory.readPrefix(function, 1024)
    let jumps = investigation.disassembler.instructions(from: function, code, count: 128).filter {
      $0.kind == .jump && $0.target == nil && Arrival.leads($0, to: pc, crash, investigation)
    }
    return jumps.count == 1 ? jumps[0] : nil
  }

  /// The registers that `transfer`, a call or jump, went by, with the state before it.
  private static func suspects(
    of transfer: Instruction, _ registers: RegisterSet, _ crash: Crash, _ investigation: Investigation
  ) -> [Suspect] {
    var registers = registers
    registers[investigation.architecture.instructionPointerRegister] = transfer.address
    let before = Crash(
      thread: crash.thread, registers: registers, signal: crash.signal, walk: investigation.stacks.walk(registers),
      trampoline: crash.trampoline, alternateStack: crash.alternateStack)
    return operands(of: transfer).compactMap { register in
      guard register != investigation.architecture.stackPointerRegister, let value = registers[register] else {
        return nil
      }
      return Suspect(register: register, value: value, pc: transfer.address, crash: before)
    }
  }

  /// The registers that a call or jump takes its target from, or the address of its target.
  private static func operands(of transfer: Instruction) -> [Int] {
    transfer.accesses.first { $0.direction == .read }?.registers
      ?? (0..<RegisterSet.capacity).filter { transfer.registersRead & (1 << UInt64($0)) != 0 }
  }

  private static func freedRead(_ suspect: Suspect, _ investigation: Investigation, _ crash: Crash) -> FreedRead? {
    // What is called through memory: the word there was read by the call itself.
    var loads: [PointerTrail.Load] = []
    if suspect.crash.registers.instructionPointer(investigation.architecture) != crash.pc(investigation.architecture),
      let call = investigation.instruction(at: suspect.pc),
      let access = call.accesses.first(where: { $0.direction == .read }),
      let address = access.address(
        registers: suspect.crash.registers, instruction: call, architecture: investigation.architecture,
        threadPointer: crash.thread.threadPointer), let value = investigation.memory.word(at: address)
    {
      loads.append(PointerTrail.Load(address: address, value: value, instruction: call))
    }
    loads +=
      PointerTrail(
        ofRegister: suspect.register, value: suspect.value, at: suspect.pc, registers: suspect.crash.registers,
        suspect.crash, investigation
      ).loads
    for (depth, load) in loads.enumerated() {
      guard let chunk = investigation.heapChunk(containing: load.address), chunk.isFreed || chunk.state == .top,
        let offset = chunk.offset(of: load.address)
      else { continue }
      // A pointer that is read through is as good as ever in most freed blocks; in their first words malloc keeps its
      // own.
      if depth == 0 || offset < 16 && chunk.isFreed { return FreedRead(load: load, chunk: chunk, depth: depth) }
    }
    return nil
  }

  private static func finding(
    _ read: FreedRead, _ suspect: Suspect, _ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis
  ) -> Finding {
    let chunk = read.chunk
    let offset = chunk.offset(of: read.load.address) ?? 0
    let name = investigation.registerName(suspect.register)
    let place = offset == 0 ? "at the start" : "\(byteCount(offset)) into it"
    var evidence = [faultEvidence(investigation, crash, fault)]
    let what =
      read.depth == 0
      ? "\(suspect.pc == read.load.instruction.address ? "its target" : name) was loaded from"
      : "\(name) was read by way of"
    evidence.append(
      investigation.evidence(
        "\(what) \(hex(read.load.address)) by \(read.load.instruction.text) at "
          + "\(investigation.place(read.load.instruction.address)): \(hex(read.load.value)) is still there",
        at: read.load.address))
    evidence.append(
      investigation.evidence(
        "\(hex(read.load.address)) is \(offset == 0 ? "the start of" : "\(byteCount(offset)) into") the block of \(byteCount(chunk.userSize)) at "
          + "\(hex(chunk.userStart)), which \(PointerOrigin.freedMark): it is in \(chunk.list?.text ?? "no list, and its neighbour says that it is free")",
        at: chunk.start, count: 32))
    if chunk.state == .top {
      evidence[2] = investigation.evidence(
        "\(hex(read.load.address)) lies in what is left at the end of the heap, from \(hex(chunk.start)) on, which malloc "
          + "has given to nobody: blocks that are freed right before it become a part of it", at: chunk.start, count: 16
      )
      return Finding(
        hazard: .useAfterFree, certainty: .likely, thread: crash.thread.tid,
        statement: "Freed memory was used: a pointer was read from the end of the heap, where no block is any more."
          + LibraryCall.sentence(investigation, crash),
        evidence: evidence, refutedBy: "a read past the end of the heap's last block", remedies: remedies)
    }
    if let word = mallocsWord(read, investigation) { evidence.append(word) }
    return Finding(
      hazard: .useAfterFree, certainty: .likely, thread: crash.thread.tid,
      statement:
        "Freed memory was used: a pointer was read from a block of \(byteCount(chunk.userSize)), \(place), that "
        + "had been freed." + LibraryCall.sentence(investigation, crash),
      evidence: evidence,
      refutedBy: investigation.target.threads.count > 1
        ? "another thread that freed the block after the pointer had been read from it"
        : "code that frees the block and ends the program for a bad pointer that was in it already",
      remedies: remedies)
  }

  /// What malloc itself wrote into the word that was read.
  private static func mallocsWord(_ read: FreedRead, _ investigation: Investigation) -> Evidence? {
    let (chunk, value) = (read.chunk, read.load.value)
    let heap = investigation.heap
    switch (chunk.state, read.load.address - chunk.userStart) {
    case (.cached, 0):
      guard let next = FreedWord.link(value, at: read.load.address, investigation.memory) else { return nil }
      return Evidence(
        "\(hex(value)) is malloc's link from this free block to \(next == 0 ? "no other" : hex(next)), its own address "
          + "shifted by 12 bits mixed in", address: read.load.address)
    case (.cached, 8) where value == heap.cacheKey:
      return Evidence(
        "\(hex(value)) is the key that malloc writes into the second word of cached blocks", address: read.load.address)
    case (.free, 0), (.free, 8):
      guard let bin = heap.bin(at: value) else { return nil }
      return Evidence(
        "\(hex(value)) is where the arena keeps \(bin.text): malloc wrote it when the block was freed",
        address: read.load.address)
    default: return nil
    }
  }

  /// The key of cached blocks is a random number: a register holds it only where it was read from a freed block.
  private static func key(
    _ suspect: Suspect, _ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis
  ) -> Finding? {
    // Small numbers and addresses are none: then the heap is not even looked for.
    guard suspect.value >> 48 != 0, suspect.value >> 48 != 0xffff,
      let (key, chunk) = investigation.heap.keyWithChunk, key == suspect.value
    else { return nil }
    let name = investigation.registerName(suspect.register)
    return Finding(
      hazard: .useAfterFree, certainty: .likely, thread: crash.thread.tid,
      statement: "Freed memory was used: \(name) holds the key that malloc writes into the second word of freed blocks."
        + LibraryCall.sentence(investigation, crash),
      evidence: [
        faultEvidence(investigation, crash, fault), Evidence("\(name) = \(hex(key))"),
        investigation.evidence(
          "the free block at \(hex(chunk)) has the same random number in its second word", at: chunk, count: 16),
      ],
      refutedBy: "code that read the second word of a new block before it set it", remedies: remedies)
  }

  private static func faultEvidence(
    _ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis
  ) -> Evidence {
    let pc = crash.pc(investigation.architecture)
    let address = fault.address.map(hex) ?? "an address that is not known"
    guard fault.cause != .fetch else {
      return Evidence("control went to \(address), which is no code", address: pc)
    }
    let verb = fault.faulting.map { BadPointer.verb($0.access.direction) } ?? "going to"
    return investigation.evidence(
      "\(fault.instructionText) at \(investigation.place(pc)) was \(verb) \(address)", of: pc)
  }

  private static let remedies = [
    "Find who freed the block, and who kept a pointer to it: build with -fsanitize=address, or run under `valgrind`.",
    "`inquest examine CORE whatis ADDRESS` and `inquest examine CORE memory ADDRESS` show what is left of the object.",
  ]
}
