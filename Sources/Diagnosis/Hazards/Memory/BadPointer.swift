internal import Disassembly
internal import Machine
internal import Targets

/// Faults of an access through a pointer that points nowhere: null, near null, non-canonical, wild.
enum BadPointer {
  /// What the kernel never maps for a program (vm.mmap_min_addr).
  private static let lowest: UInt64 = 65_536

  static func null(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard fault.cause == .access || fault.cause == .unknown, let address = fault.address,
      crash.signal.number == SignalInfo.segmentation, !crash.signal.isSent
    else { return nil }
    let access = fault.faulting?.access
    let base = access?.base.flatMap { register in crash.registers[register].map { (register, $0) } }
    let isNull = base?.1 == 0 && investigation.target.mapping(containing: address) == nil
    guard address < lowest || isNull else { return nil }
    // Without an access that explains the address, only the kernel's word stands for it.
    guard fault.faulting != nil || crash.signal.code != SignalInfo.kernel else { return nil }
    let what = access.map { verb($0.direction) } ?? "accessing"
    let pc = crash.pc(investigation.architecture)
    var evidence = [
      investigation.evidence(
        "\(fault.instructionText) at \(investigation.place(pc)) was \(what) address \(hex(address))", of: pc)
    ]
    var certainty = Certainty.likely
    let statement: String
    if let (register, value) = base, value == 0 {
      certainty = .proved
      let name = investigation.registerName(register)
      if access?.index != nil {
        statement = "A null pointer was indexed: \(name) is null, and \(what) its element went to \(hex(address))."
      } else if address == 0 {
        statement = "A null pointer was used: \(name) is null."
      } else {
        statement =
          "A null pointer was used: \(name) is null, and \(what) the field \(address) bytes (\(hex(address))) into it faulted."
      }
      evidence.append(Evidence("\(name) = 0"))
      if let origin = PointerOrigin.evidence(ofRegister: register, crash, fault, investigation) {
        evidence.append(origin)
      }
    } else if let (register, value) = base {
      let name = investigation.registerName(register)
      statement =
        "A pointer that is nearly null was used: \(name) is \(hex(value)), as a field of a null object or an element "
        + "of a null array would be."
      evidence.append(Evidence("\(name) = \(hex(value))"))
      if let origin = PointerOrigin.evidence(ofRegister: register, crash, fault, investigation) {
        evidence.append(origin)
      }
    } else {
      statement = "A null or nearly null pointer was used: address \(hex(address))."
    }
    return Finding(
      hazard: .nullDereference, certainty: certainty, thread: crash.thread.tid, statement: statement,
      evidence: evidence,
      refutedBy: certainty == .proved ? nil : "a pointer that was computed or overwritten, and happens to be small",
      remedies: [
        "Find out why it is null where the evidence says it came from, and check it there.",
        "`inquest examine CORE stack --thread \(crash.thread.tid)` shows the callers.",
      ])
  }

  static func nonCanonical(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard fault.cause == .nonCanonical, let faulting = fault.faulting, let address = fault.address,
      let instruction = fault.instruction
    else { return nil }
    var evidence = [
      investigation.evidence(
        "\(instruction.text) at \(investigation.place(instruction.address)) was \(verb(faulting.access.direction)) "
          + "\(hex(address)), which no pointer can be: bits 47 to 63 differ", of: instruction.address)
    ]
    if crash.signal.code == SignalInfo.kernel {
      evidence.append(
        Evidence("the kernel reports SI_KERNEL and address 0 for such a fault; that is not a null dereference"))
    }
    var hint = ""
    for register in faulting.access.registers {
      guard let value = crash.registers[register], !investigation.architecture.isCanonical(value) else { continue }
      let pattern = PointerPattern(value)
      evidence.append(
        Evidence(
          "\(investigation.registerName(register)) = \(hex(value))\(pattern.map { ", \($0.description)" } ?? "")"))
      if let pattern { hint = " " + pattern.meaning }
      if let origin = PointerOrigin.evidence(ofRegister: register, crash, fault, investigation) {
        evidence.append(origin)
      }
    }
    return Finding(
      hazard: .nonCanonicalAddress, certainty: .proved, thread: crash.thread.tid,
      statement: "A pointer held something that is no address: \(hex(address))." + hint,
      evidence: evidence, refutedBy: nil,
      remedies: [
        "Find who wrote over the pointer or freed the object it was read from: build with -fsanitize=address, or run "
          + "under `valgrind`."
      ])
  }

  static func wild(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard fault.cause == .access || fault.cause == .unknown && crash.signal.code != SignalInfo.kernel,
      let address = fault.address, crash.signal.number == SignalInfo.segmentation, !crash.signal.isSent
    else { return nil }
    let pc = crash.pc(investigation.architecture)
    let target = investigation.target
    let mapping = target.mapping(containing: address)
    // SEGV_MAPERR of what is mapped in the dump: other threads ran on until it was written.
    let isMappedSince = mapping.map { !$0.hasNoPermissions } ?? false && crash.signal.code == 1
    guard mapping == nil || mapping?.hasNoPermissions ?? false || isMappedSince else { return nil }
    var evidence = [
      investigation.evidence(
        "\(fault.instructionText) at \(investigation.place(pc)) was "
          + "\(fault.faulting.map { verb($0.access.direction) } ?? "accessing") "
          + "\(hex(address)), \(mapping == nil ? "where nothing is mapped" : isMappedSince ? "where nothing was mapped then; something is now" : "which nothing may access")",
        of: pc)
    ]
    var hint = ""
    for register in fault.faulting?.access.registers ?? [] {
      guard let value = crash.registers[register] else { continue }
      let pattern = PointerPattern(value)
      evidence.append(
        Evidence(
          "\(investigation.registerName(register)) = \(hex(value))\(pattern.map { ", \($0.description)" } ?? "")"))
      if let pattern { hint = " " + pattern.meaning }
      if let origin = PointerOrigin.evidence(ofRegister: register, crash, fault, investigation) {
        evidence.append(origin)
      }
    }
    if let below = target.lastMapping(below: address), address - below.end < 1 << 20 {
      evidence.append(
        Evidence(
          "it is \(grouped(address - below.end)) bytes past the end of \(investigation.region(below.end - 1)) "
            + "(\(hex(below.start))-\(hex(below.end))): an overrun, or a mapping that was unmapped", address: below.end)
      )
    }
    return Finding(
      hazard: .wildAddress, certainty: .likely, thread: crash.thread.tid,
      statement: "A pointer points to memory that is not there: \(hex(address))." + hint,
      evidence: evidence,
      refutedBy: "a mapping at that address that another thread removed while it was used",
      remedies: [
        "Find who freed, unmapped or overwrote it: build with -fsanitize=address, or run under `valgrind`; "
          + "`inquest examine CORE maps` shows what lies around it."
      ])
  }

  static func verb(_ direction: MemoryAccess.Direction) -> String {
    switch direction {
    case .read: "reading"
    case .write: "writing"
    case .readWrite: "changing"
    }
  }
}

extension Target {
  /// The nearest mapping that ends at or below `address`.
  func lastMapping(below address: UInt64) -> Mapping? {
    var low = 0
    var high = mappings.count
    while low < high {
      let middle = (low + high) / 2
      if mappings[middle].end <= address { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? mappings[low - 1] : nil
  }
}
