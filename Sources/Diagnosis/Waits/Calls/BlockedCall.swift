internal import Bytes
internal import Machine
internal import Targets
internal import Unwinding

/// The system call that a thread was blocked in, and its arguments as they are in the registers.
struct BlockedCall: Sendable {
  /// "futex", "epoll_wait": the name without `sys_`.
  let name: String
  /// The six arguments; nil where a register no longer holds one. On aarch64 the kernel puts the result into x0, the
  /// first argument's register, before it dumps.
  let arguments: [UInt64?]
  /// The registers that the call was made with: the thread's, or those that a signal handler interrupted.
  let registers: RegisterSet
  /// The number, in the dumped stack, of the signal trampoline whose handler interrupted the call; nil for none.
  let trampoline: Int?

  /// The argument registers by DWARF number: rdi, rsi, rdx, r10, r8, r9 (System V ABI AMD64, A.2.1); x0 to x5.
  private static func argumentRegisters(_ architecture: Architecture) -> [Int] {
    architecture == .x86_64 ? [5, 4, 1, 10, 8, 9] : [0, 1, 2, 3, 4, 5]
  }

  /// How far before a system call the instruction that loads its number is looked for.
  private static let longestSetup = 48

  /// The call that the thread is blocked in, where it is in one.
  ///
  /// - Parameter walk: the thread's stack, for signal handlers that interrupted a call.
  init?(_ thread: ThreadState, walk: StackWalk, in investigation: Investigation) {
    if let call = Self(thread.registers, number: thread.systemCall, trampoline: nil, investigation) {
      self = call
      return
    }
    // A handler runs, or the state is that of a thread that a signal killed in its handler: what it interrupted.
    guard let frame = walk.frames.first(where: \.isSignalTrampoline),
      let saved = SignalFrame(at: frame.stackPointer, in: investigation.target),
      let call = Self(saved.registers, number: nil, trampoline: frame.number, investigation)
    else { return nil }
    self = call
  }

  private init?(_ registers: RegisterSet, number: Int64?, trampoline: Int?, _ investigation: Investigation) {
    let architecture = investigation.architecture
    guard let pc = registers.instructionPointer(architecture) else { return nil }
    let isX86 = architecture == .x86_64
    let size: UInt64 = isX86 ? 2 : 4
    // After the instruction; or at it, where the kernel has arranged for the call to be made again.
    let isBehind = Self.isSystemCall(pc &- size, investigation)
    guard isBehind || Self.isSystemCall(pc, investigation) else { return nil }
    let instruction = isBehind ? pc &- size : pc
    var known: Int64?
    var isFirstLost = false
    if isX86 {
      let result = registers[0].map { Int64(bitPattern: $0) }
      // orig_rax is negative where an interrupt, not a call, entered the kernel.
      if let number, trampoline == nil {
        guard number >= 0,
          isBehind
            ? Self.isInterrupted(result) || Self.isPartial(result, number, asked: registers[1]) : result == number
        else { return nil }
        known = number
      } else {
        guard isBehind ? Self.isInterrupted(result) : true else { return nil }
        known = isBehind ? nil : result
      }
      // restart_syscall goes on with a call whose arguments are still there.
      if known == nil || known == 219 { known = Self.number(loadedBefore: instruction, investigation) ?? known }
    } else {
      known = registers[8].map { Int64(bitPattern: $0) }
      let result = registers[0].map { Int64(bitPattern: $0) }
      isFirstLost = isBehind && Self.isInterrupted(result)
      if known == 128 { known = Self.number(loadedBefore: instruction, investigation) ?? known }
    }
    guard let known, let number = Int32(exactly: known),
      let name = isX86 ? SystemCallNames.x86_64[number] : SystemCallNames.aarch64[number]
    else { return nil }
    self.name = name
    self.registers = registers
    self.trampoline = trampoline
    arguments = Self.argumentRegisters(architecture).enumerated().map { index, register in
      index == 0 && isFirstLost ? nil : registers[register]
    }
  }

  /// Whether a call's result says that it was interrupted (Linux include/linux/errno.h: ERESTARTSYS, ERESTARTNOINTR,
  /// ERESTARTNOHAND, ERESTART_RESTARTBLOCK; EINTR), or was not there yet (ENOSYS, which the kernel enters with).
  private static func isInterrupted(_ result: Int64?) -> Bool {
    guard let result else { return false }
    return (-516 ... -512).contains(result) || result == -4 || result == -38
  }

  /// Whether a write was interrupted when only a part was written: a pipe or socket that nobody reads. Its result is what
  /// was written then.
  private static func isPartial(_ result: Int64?, _ number: Int64, asked: UInt64?) -> Bool {
    // write, pwrite64, sendto on x86-64.
    guard let result, let asked, [1, 18, 44].contains(number) else { return false }
    return result > 0 && UInt64(result) < asked
  }

  /// Whether the instruction at `address` is `syscall`, or `svc 0`.
  private static func isSystemCall(_ address: UInt64, _ investigation: Investigation) -> Bool {
    investigation.architecture == .x86_64
      ? investigation.memory.load(UInt16.self, at: address) == 0x050f
      : investigation.memory.load(UInt32.self, at: address) == 0xd400_0001
  }

  /// The number that the nearest `mov eax, n` or `mov w8, n` before a system call loads.
  private static func number(loadedBefore address: UInt64, _ investigation: Investigation) -> Int64? {
    let start = address &- UInt64(longestSetup)
    guard let bytes = investigation.memory.read(start, longestSetup) else { return nil }
    if investigation.architecture == .x86_64 {
      for offset in stride(from: longestSetup - 5, through: 0, by: -1) {
        guard bytes.load(UInt8.self, at: offset) == 0xb8, let value = bytes.load(UInt32.self, at: offset + 1),
          value < 512
        else { continue }
        return Int64(value)
      }
    } else {
      for offset in stride(from: longestSetup - 4, through: 0, by: -4) {
        // movz w8 or x8, #n
        guard let word = bytes.load(UInt32.self, at: offset), word & 0x7fe0_001f == 0x5280_0008 else { continue }
        return Int64(word >> 5 & 0xffff)
      }
    }
    return nil
  }
}
