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
    let region = investigation.region(address)
    return Finding(
      hazard: .writeToReadOnly, certainty: .proved, thread: crash.thread.tid,
      statement: "The program wrote to \(isCode ? "code" : "constant data"), which is read-only: \(region).",
      evidence: [
        investigation.evidence(
          "\(instruction.text) at \(investigation.place(instruction.address)) was writing \(hex(address))",
          of: instruction.address),
        investigation.evidence(
          "\(hex(address)) lies in \(hex(mapping.start))-\(hex(mapping.end)), \(text(permissions))"
            + (mapping.path.map { ", of \($0)" } ?? ""), at: address, count: 16),
      ],
      remedies: [
        isCode
          ? "A function or a table beside one was taken for data; look at where the pointer came from."
          : "String literals and const data may not be changed: copy them first (char text[] = \"…\"), and build with "
            + "-Wwrite-strings."
      ])
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
          "\(fault.instructionText) at \(investigation.place(crash.pc(investigation.architecture))) "
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
    guard isBus || fault.cause == .misaligned, let address = fault.address, let instruction = fault.instruction else {
      return nil
    }
    let size = fault.faulting?.access.size ?? 16
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

  private static func text(_ permissions: Mapping.Permissions) -> String {
    (permissions.contains(.read) ? "r" : "-") + (permissions.contains(.write) ? "w" : "-")
      + (permissions.contains(.execute) ? "x" : "-")
  }
}
