public import Disassembly
internal import Machine
internal import Targets

/// Why an instruction faulted: what it was, and which address it went to.
public struct FaultAnalysis: Sendable {
  /// The instruction at the crash's pc; nil where that cannot be read or is none.
  public let instruction: Instruction?
  /// Its accesses with their addresses, where those can be computed.
  public let accesses: [Access]
  /// The one that faulted; nil where the fault was another, or cannot be told.
  public let faulting: Access?
  /// The address that faulted: of the code itself where it could not be fetched, else the access's, else what
  /// the kernel said.
  public let address: UInt64?
  /// What the processor objected to.
  public let cause: Cause

  /// The instruction, or that it cannot be read.
  var instructionText: String { instruction?.text ?? "an instruction that the dump does not hold" }

  /// An access to memory, and where it went.
  public struct Access: Sendable {
    /// What the instruction says of it.
    public let access: MemoryAccess
    /// Where it went, in the target; nil where a register that it needs is not known.
    public let address: UInt64?
  }

  /// What the processor objected to.
  public enum Cause: Sendable, Equatable {
    /// The instruction itself could not be fetched.
    case fetch
    /// It read, or wrote, what it must not.
    case access
    /// An address that no pointer can have on this processor.
    case nonCanonical
    /// An aligned access (`movaps`) to an address that is not.
    case misaligned
    /// An instruction for the kernel alone.
    case privileged
    /// It cannot be told.
    case unknown
  }

  /// - Parameter crash: of SIGSEGV, SIGBUS; others have no faulting access.
  init(_ crash: Crash, in investigation: Investigation) {
    let architecture = investigation.architecture
    let target = investigation.target
    let stated = crash.signal.isSent ? nil : crash.signal.faultAddress
    let isFault = crash.signal.number == SignalInfo.segmentation || crash.signal.number == SignalInfo.bus
    guard isFault, !crash.signal.isSent, let pc = crash.registers.instructionPointer(architecture) else {
      self.init(instruction: crash.registers.instructionPointer(architecture).flatMap(investigation.instruction(at:)))
      return
    }
    let isKernelWord = crash.signal.code == SignalInfo.kernel && architecture == .x86_64
    let mapping = target.mapping(containing: pc)
    let isExecutable = mapping.map { $0.permissions?.contains(.execute) ?? true } ?? false
    if !architecture.isCanonical(pc) || !isExecutable && (stated == nil || isKernelWord || stated == pc) {
      self.init(instruction: nil, address: pc, cause: .fetch)
      return
    }
    let instruction = investigation.instruction(at: pc)
    let accesses = (instruction?.accesses ?? []).map { access in
      Access(
        access: access,
        address: instruction.flatMap {
          access.address(
            registers: crash.registers, instruction: $0, architecture: architecture,
            threadPointer: crash.thread.threadPointer)
        })
    }
    // For a check of alignment (BUS_ADRALN) x86-64 tells no address: si_addr is 0.
    if crash.signal.number == SignalInfo.bus, crash.signal.code == 1, architecture == .x86_64 {
      let crooked = accesses.first { access in
        access.address.map { $0 & UInt64(max(access.access.size ?? 1, 1) - 1) != 0 } ?? false
      }
      self.init(instruction: instruction, accesses: accesses, faulting: crooked, address: crooked?.address)
      return
    }
    if let stated, !isKernelWord {
      if stated == pc, accesses.allSatisfy({ $0.address != pc }) {
        self.init(instruction: instruction, accesses: accesses, address: pc, cause: .fetch)
        return
      }
      let hit = accesses.first { Self.covers($0, stated, architecture) }
      self.init(
        instruction: instruction, accesses: accesses, faulting: hit, address: stated,
        cause: hit == nil ? .unknown : .access)
      return
    }
    if let instruction, let transfer = Self.badTransfer(instruction, crash, accesses, investigation) {
      self.init(instruction: instruction, accesses: accesses, address: transfer, cause: .nonCanonical)
      return
    }
    if isKernelWord, let instruction, Self.needsAlignment(instruction),
      let crooked = accesses.first(where: { ($0.address ?? 0) & UInt64(($0.access.size ?? 16) - 1) != 0 })
    {
      self.init(
        instruction: instruction, accesses: accesses, faulting: crooked, address: crooked.address, cause: .misaligned)
      return
    }
    // With the kernel's word this is a page fault for which no signal frame could be written: `force_sigsegv`
    // (Linux kernel/signal.c) replaces what the fault's own siginfo said.
    let culprit = accesses.first { access in
      access.address.map { !Self.isAllowed(access.access, $0, target) } ?? false
    }
    if let culprit, let address = culprit.address {
      self.init(
        instruction: instruction, accesses: accesses, faulting: culprit, address: address,
        cause: architecture.isCanonical(address) ? .access : .nonCanonical)
      return
    }
    self.init(
      instruction: instruction, accesses: accesses, address: isKernelWord ? nil : stated,
      cause: instruction?.kind == .privileged ? .privileged : .unknown)
  }

  private init(
    instruction: Instruction?, accesses: [Access] = [], faulting: Access? = nil, address: UInt64? = nil,
    cause: Cause = .unknown
  ) {
    self.instruction = instruction
    self.accesses = accesses
    self.faulting = faulting
    self.address = address
    self.cause = cause
  }

  /// Whether `stated`, the first byte that could not be accessed, lies in the access. On aarch64 the kernel
  /// may have removed the pointer's tag.
  private static func covers(_ access: Access, _ stated: UInt64, _ architecture: Architecture) -> Bool {
    guard var address = access.address else { return false }
    if architecture == .aarch64, address >> 56 != stated >> 56 { address &= 0x00ff_ffff_ffff_ffff }
    // DC ZVA and x87's environment: as much as a cache line.
    return stated >= address && stated - address < UInt64(access.access.size ?? 64)
  }

  /// Whether the target's mappings allow the access.
  private static func isAllowed(_ access: MemoryAccess, _ address: UInt64, _ target: any Target) -> Bool {
    guard let mapping = target.mapping(containing: address) else { return false }
    guard let permissions = mapping.permissions else { return true }
    switch access.direction {
    case .read: return permissions.contains(.read)
    case .write: return permissions.contains(.write)
    case .readWrite: return permissions.isSuperset(of: [.read, .write])
    }
  }

  /// The non-canonical address that a `ret`, an indirect call or jump was about to go to.
  private static func badTransfer(
    _ instruction: Instruction, _ crash: Crash, _ accesses: [Access], _ investigation: Investigation
  ) -> UInt64? {
    let architecture = investigation.architecture
    guard [.call, .jump, .return].contains(instruction.kind), instruction.target == nil else { return nil }
    if let source = accesses.first(where: { $0.access.direction == .read }) {
      return source.address.flatMap { investigation.memory.word(at: $0) }.flatMap {
        architecture.isCanonical($0) ? nil : $0
      }
    }
    for register in 0..<RegisterSet.capacity
    where instruction.registersRead & (1 << UInt64(register)) != 0 && register != architecture.stackPointerRegister {
      if let value = crash.registers[register], !architecture.isCanonical(value) { return value }
    }
    return nil
  }

  private static func needsAlignment(_ instruction: Instruction) -> Bool {
    let name = instruction.mnemonic
    if name.hasPrefix("v") { return name.hasPrefix("vmova") || name.hasPrefix("vmovdqa") || name.hasPrefix("vmovnt") }
    let isUnaligned = name.hasPrefix("movu") || name.hasPrefix("movdqu") || name.hasPrefix("lddqu")
    return instruction.accesses.contains { $0.size == 16 || $0.size == 512 } && !isUnaligned
  }
}
