internal import Bytes
internal import Disassembly
internal import Machine
internal import Symbolication
internal import Targets

/// Accesses to memory that is there, and does not allow them.
enum ForbiddenAccess {
  static func writeToReadOnly(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard crash.signal.number == SignalInfo.segmentation, fault.cause == .access, let faulting = fault.faulting,
      faulting.access.direction != .read, let address = fault.address, let instruction = fault.instruction,
      let mapping = investigation.target.mapping(containing: address), let permissions = mapping.permissions,
      permissions.contains(.read), !permissions.contains(.write)
    else { return nil }
    let isCode = permissions.contains(.execute)
    let isModule = investigation.target.moduleIndex(containing: address) != nil
    let region = investigation.region(address)
    let text = isModule && !isCode ? literal(investigation, mapping, address) : nil
    let what =
      isCode
      ? "code, which is read-only"
      : isModule ? "constant data, which is read-only" : "memory that is mapped to be read only"
    return Finding(
      hazard: .writeToReadOnly, certainty: .proved, thread: crash.thread.tid,
      statement: "The program wrote to \(what): \(text.map { "the text \"\($0.text)\" in " } ?? "")\(region)."
        + LibraryCall.sentence(investigation, crash),
      evidence: [
        investigation.evidence(
          "\(instruction.text) at \(investigation.place(instruction.address)) was writing \(hex(address))",
          of: instruction.address),
        investigation.evidence(
          "\(hex(address)) lies in \(hex(mapping.start))-\(hex(mapping.end)), \(Self.text(permissions))"
            + (mapping.path.map { ", of \($0)" } ?? ""), at: address, count: 16),
      ]
        + (text.map {
          [investigation.evidence("a text begins at \(hex($0.address)): \"\($0.text)\"", at: $0.address, count: 16)]
        } ?? []),
      remedies: [
        isCode
          ? "A function or a table beside one was taken for data; look at where the pointer came from."
          : isModule
            ? "String literals and const data may not be changed: copy them first (char text[] = \"…\"), and build with "
              + "-Wwrite-strings."
            : "Map it with PROT_WRITE (and the file opened for it), or give it back its permissions with mprotect(2) before "
              + "it is written."
      ])
  }

  /// The text around an address in constant data, and where it begins: a string literal.
  private static func literal(
    _ investigation: Investigation, _ mapping: Mapping, _ address: UInt64
  ) -> (text: String, address: UInt64)? {
    guard investigation.names.resolve([address]).first?.symbol == nil else { return nil }
    let low = max(mapping.start, address > 64 ? address - 64 : 0)
    let bytes = investigation.memory.readPrefix(low, Int(address - low) + 64).array
    let position = Int(address - low)
    guard position < bytes.count else { return nil }
    func isText(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7f }
    var first = position
    while first > 0, isText(bytes[first - 1]) { first -= 1 }
    let text = bytes[first...].prefix(while: isText)
    guard first > 0, text.count >= 3, text.endIndex < bytes.count, bytes[text.endIndex] == 0 else { return nil }
    return (String(decoding: text, as: UTF8.self), low + UInt64(first))
  }

  static func beyondFile(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    // BUS_ADRERR.
    guard crash.signal.number == SignalInfo.bus, crash.signal.code == 2 || crash.signal.code == nil,
      !crash.signal.isSent, let address = fault.address,
      let mapping = investigation.target.mapping(containing: address), let path = mapping.path, path.hasPrefix("/")
    else { return nil }
    let offset = mapping.fileOffset &+ (address &- mapping.start)
    return Finding(
      hazard: .mappingBeyondFile, certainty: .likely, thread: crash.thread.tid,
      statement: "\(path) is mapped, and ends before the page that was accessed: byte \(grouped(offset)) of it.",
      evidence: [
        investigation.evidence(
          fault.cause == .fetch
            ? "the code at \(hex(address)) was to be run"
            : "\(fault.instructionText) at \(investigation.place(crash.pc(investigation.architecture))) "
              + "accessed \(hex(address))", of: crash.pc(investigation.architecture)),
        Evidence(
          "\(hex(address)) is offset \(hex(offset)) of \(path), mapped at \(hex(mapping.start))-\(hex(mapping.end)); "
            + "the kernel reported BUS_ADRERR: there is no such page", address: address),
      ],
      refutedBy:
        "an input/output error of the disk or file server (`dmesg`), or a full file system behind a sparse file",
      remedies: [
        "Compare the file's size (`stat -c %s \(path)`) with the offset: it was cut short after it was mapped, or the "
          + "mapping was made longer than the file.",
        "Do not truncate files that others map: write a new file and rename it over the old one.",
      ])
  }

  static func misaligned(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    let isBus = crash.signal.number == SignalInfo.bus && crash.signal.code == 1  // BUS_ADRALN
    guard isBus || fault.cause == .misaligned, let instruction = fault.instruction else { return nil }
    // For a check of alignment x86-64 tells no address: the instruction does.
    let crooked = fault.accesses.first { access in
      access.address.map { $0 & UInt64(max((access.access.size ?? 1), 1) - 1) != 0 } ?? false
    }
    guard let address = fault.faulting?.address ?? crooked?.address ?? fault.address else { return nil }
    let size = fault.faulting?.access.size ?? crooked?.access.size ?? 16
    if fault.cause != .misaligned, investigation.architecture == .x86_64 {
      return alignmentCheck(investigation, crash, instruction, address, size)
    }
    let isStack = fault.faulting?.access.base == investigation.architecture.stackPointerRegister
    return Finding(
      hazard: .misalignedAccess, certainty: .proved, thread: crash.thread.tid,
      statement: isStack
        ? "The stack is not aligned to 16 bytes, and \(instruction.mnemonic) needs it to be."
        : "\(instruction.mnemonic) needs an address that is a multiple of \(size), and got \(hex(address)).",
      evidence: [
        investigation.evidence(
          "\(instruction.text) at \(investigation.place(instruction.address)) accessed \(hex(address)), "
            + "\(address & UInt64(max(size, 1) - 1)) bytes past a multiple of \(size)", of: instruction.address)
      ],
      remedies: [
        isStack
          ? "Look for assembly, a signal or thread entry, or a JIT that calls with the stack pointer 8 bytes off (System "
            + "V ABI AMD64, section 3.2.2)."
          : "Allocate the object with the alignment that its type declares (aligned_alloc, alignas), or copy it by memcpy."
      ])
  }

  /// BUS_ADRALN on x86-64: the flag AC is set, which makes the processor check all accesses.
  private static func alignmentCheck(
    _ investigation: Investigation, _ crash: Crash, _ instruction: Instruction, _ address: UInt64, _ size: Int
  ) -> Finding {
    Finding(
      hazard: .misalignedAccess, certainty: .proved, thread: crash.thread.tid,
      statement: "The processor was set to check the alignment of all accesses (flag AC), and one was not aligned.",
      evidence: [
        investigation.evidence(
          "\(instruction.text) at \(investigation.place(instruction.address)) accessed \(hex(address)), \(byteCount(UInt64(size)))",
          of: instruction.address),
        Evidence("the kernel reports BUS_ADRALN, which x86-64 raises for nothing else"),
      ],
      remedies: [
        "Find who sets bit 18 of the flags (popf): only test programs do so on purpose; libc's own functions make "
          + "unaligned accesses."
      ])
  }

  private static func text(_ permissions: Mapping.Permissions) -> String {
    (permissions.contains(.read) ? "r" : "-") + (permissions.contains(.write) ? "w" : "-")
      + (permissions.contains(.execute) ? "x" : "-")
  }
}
