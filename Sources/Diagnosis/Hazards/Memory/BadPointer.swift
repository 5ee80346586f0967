internal import Disassembly
internal import Machine
internal import Targets

/// Faults of an access through a pointer that points nowhere: null, near null, non-canonical, wild.
enum BadPointer {
  private static let freedHint = " It was read from a block of the heap that had been freed."

  /// What the kernel never maps for a program (vm.mmap_min_addr).
  private static let lowest: UInt64 = 65_536

  static func null(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard fault.cause == .access || fault.cause == .unknown, let address = fault.address,
      crash.signal.number == SignalInfo.segmentation, !crash.signal.isSent
    else { return nil }
    let access = fault.faulting?.access
    let base = access?.base.flatMap { register in crash.registers[register].map { (register, $0) } }
    // An error's number, or MAP_FAILED, with a field added to it: no null pointer.
    guard base.map({ !isNegative($0.1) }) ?? true else { return nil }
    let isNull = base?.1 == 0 && investigation.target.mapping(containing: address) == nil
    guard address < lowest || isNull else { return nil }
    let isThreadRelative = access?.usesThreadPointer ?? false || fault.instruction?.operands.contains("gs:") ?? false
    let isAbsolute = access.map { $0.registers.isEmpty && !$0.isPCRelative && !$0.isUnknown } ?? false
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
    } else if isThreadRelative {
      statement =
        "Thread-local data was looked for at address \(hex(address)): the base of the thread's segment is not set, or was "
        + "overwritten."
    } else if isAbsolute {
      certainty = .proved
      statement =
        "A null pointer was used"
        + (address == 0 ? ": " : ", with a field \(address) bytes (\(hex(address))) into its object: ")
        + "the compiler knew that it is null here, and the instruction itself holds the address."
    } else {
      statement = "A null or nearly null pointer was used: address \(hex(address))."
    }
    return Finding(
      hazard: .nullDereference, certainty: certainty, thread: crash.thread.tid,
      statement: statement + LibraryCall.sentence(investigation, crash),
      evidence: evidence,
      refutedBy: certainty == .proved ? nil : "a pointer that was computed or overwritten, and happens to be small",
      remedies: [
        "Find out why it is null where the evidence says it came from, and check it there.",
        "`inquest examine CORE stack --thread \(crash.thread.tid)` shows the callers.",
      ])
  }

  static func nonCanonical(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard fault.cause == .nonCanonical, let faulting = fault.faulting, let address = fault.address,
      let instruction = fault.instruction, !isKernels(address, investigation)
    else { return nil }
    var evidence = [
      investigation.evidence(
        "\(instruction.text) at \(investigation.place(instruction.address)) was \(verb(faulting.access.direction)) "
          + "\(hex(address)), which no pointer can be: "
          + (investigation.architecture == .x86_64
            ? "bits 47 to 63 are not all equal" : "bits 52 to 55 are not all 0"),
        of: instruction.address)
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
        if origin.statement.has(PointerOrigin.freedMark) { hint = freedHint }
      }
    }
    return Finding(
      hazard: .nonCanonicalAddress, certainty: .proved, thread: crash.thread.tid,
      statement: "A pointer held something that is no address: \(hex(address))." + hint
        + LibraryCall.sentence(investigation, crash),
      evidence: evidence, refutedBy: nil,
      remedies: [
        "Find who wrote over the pointer or freed the object it was read from: build with -fsanitize=address, or run "
          + "under `valgrind`."
      ])
  }

  static func wild(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard let address = fault.address,
      fault.cause == .access || fault.cause == .unknown && crash.signal.code != SignalInfo.kernel
        || fault.cause == .nonCanonical && fault.faulting != nil && isKernels(address, investigation),
      crash.signal.number == SignalInfo.segmentation, !crash.signal.isSent
    else { return nil }
    let pc = crash.pc(investigation.architecture)
    let target = investigation.target
    let mapping = target.mapping(containing: address)
    // The kernel's own half of the address space, and what it maps there for programs to run alone.
    let isKernels = isKernels(address, investigation)
    // SEGV_MAPERR of what is mapped in the dump: other threads ran on until it was written.
    let isMappedSince = mapping.map { !$0.isForbidden } ?? false && crash.signal.code == 1
    guard isKernels || mapping == nil || mapping?.isForbidden ?? false || isMappedSince else { return nil }
    let what =
      isKernels
      ? "which belongs to the kernel"
      : mapping == nil
        ? "where nothing is mapped"
        : isMappedSince ? "where nothing was mapped then; something is now" : "which nothing may access"
    var evidence = [
      investigation.evidence(
        "\(fault.instructionText) at \(investigation.place(pc)) was "
          + "\(fault.faulting.map { verb($0.access.direction) } ?? "accessing") \(hex(address)), \(what)", of: pc)
    ]
    var hint = ""
    let base = fault.faulting?.access.base.flatMap { crash.registers[$0] }
    for register in fault.faulting?.access.registers ?? [] {
      guard let value = crash.registers[register] else { continue }
      let isNumber = isNegative(value)
      let pattern = isNumber ? nil : PointerPattern(value)
      evidence.append(
        Evidence(
          "\(investigation.registerName(register)) = \(hex(value))"
            + (isNumber ? ", \(Int64(bitPattern: value))" : pattern.map { ", \($0.description)" } ?? "")))
      if let pattern { hint = " " + pattern.meaning }
      if isNumber, register == fault.faulting?.access.base {
        hint =
          value == .max
          ? " The pointer is -1: a call that failed returned it (MAP_FAILED of mmap, shmat), and nobody checked."
          : " The pointer is the number \(Int64(bitPattern: value)): an error's number was taken for a pointer, or it was "
            + "computed from null."
      }
      if let origin = PointerOrigin.evidence(ofRegister: register, crash, fault, investigation) {
        evidence.append(origin)
        if origin.statement.has(PointerOrigin.freedMark) { hint = freedHint }
      }
    }
    let overrun = !isMappedSince && !isKernels ? overrun(investigation, address) : nil
    if let overrun { evidence.append(overrun.evidence) }
    if let mapping, mapping.isForbidden {
      evidence.append(
        Evidence(
          "it lies in \(hex(mapping.start))-\(hex(mapping.end)), mapped without permissions (PROT_NONE): a guard, or space "
            + "that is reserved", address: mapping.start))
    }
    let subject =
      base.map(isNegative) ?? false
      ? "A number was used as a pointer."
      : isKernels
        ? "A pointer points into the kernel's half of the address space: \(hex(address))."
        : overrun.flatMap { $0.sentence }
          ?? (mapping?.isForbidden ?? false
            ? "A pointer points to memory that nothing may access: \(hex(address))."
            : "A pointer points to memory that is not there: \(hex(address)).")
    return Finding(
      hazard: .wildAddress, certainty: .likely, thread: crash.thread.tid,
      statement: subject + hint + LibraryCall.sentence(investigation, crash), evidence: evidence,
      refutedBy: target.threads.count > 1
        ? "a mapping at that address that another thread removed while it was used" : nil,
      remedies: [
        "Find who freed, unmapped or overwrote it: build with -fsanitize=address, or run under `valgrind`; "
          + "`inquest examine CORE maps` shows what lies around it."
      ])
  }

  /// What ends right before `address`: an access went past its end, or it was made smaller.
  private static func overrun(
    _ investigation: Investigation, _ address: UInt64
  ) -> (sentence: String?, evidence: Evidence)? {
    let isFree = investigation.target.mapping(containing: address) == nil
    guard let below = investigation.target.lastMapping(below: address), below.isStackLike,
      address - below.end < (isFree ? 65_536 : 4096)
    else { return nil }
    let region = investigation.region(below.end - 1)
    let distance = address - below.end
    let place = distance == 0 ? "right at the end" : "\(grouped(distance)) bytes past the end"
    return (
      distance < 4096
        ? "An access went past the end of \(region): \(hex(address)) is \(place)."
        : nil,
      Evidence(
        "\(hex(address)) is \(place) of \(region) (\(hex(below.start))-\(hex(below.end))): an overrun, or a mapping that "
          + "was unmapped", address: below.end)
    )
  }

  /// Whether the address is one of the kernel's: above all that programs can map, with all upper bits set.
  private static func isKernels(_ address: UInt64, _ investigation: Investigation) -> Bool {
    let shift: UInt64 = investigation.architecture == .x86_64 ? 47 : 52
    return address >> shift == UInt64.max >> shift
  }

  /// Whether the value is a small negative number: -1 to -4095, as calls return for errors.
  private static func isNegative(_ value: UInt64) -> Bool { value > 0xffff_ffff_ffff_f000 }

  static func verb(_ direction: MemoryAccess.Direction) -> String {
    switch direction {
    case .read: "reading"
    case .write: "writing"
    case .readWrite: "changing"
    }
  }
}
