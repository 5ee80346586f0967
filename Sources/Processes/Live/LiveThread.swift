package import Machine

/// A thread of a process, as it stood when it was stopped: its registers as the kernel gives them.
package struct LiveThread: Sendable {
  /// Its id as its own pid namespace has it: what is written in the process's memory, and what its core would hold.
  package var tid: Int32
  /// Its id in our pid namespace.
  package var hostID: Int32
  /// Its general registers, `struct user_regs_struct` (NT_PRSTATUS of PTRACE_GETREGSET); empty where they could not be had.
  package var registers: [UInt8]
  /// Register sets besides, by their note types (NT_PRFPREG, NT_X86_XSTATE, NT_ARM_TLS, NT_ARM_PAC_MASK).
  package var registerNotes: [(type: UInt32, contents: [UInt8])]
  /// The signal that it was stopped by; 0 for none.
  package var signal: Int32
  /// The `siginfo_t` of that signal; nil where there is none.
  package var signalInfo: [UInt8]?
  /// Its name, at most 15 bytes; nil where that was not asked, or the thread is gone.
  package var name: String?
  /// "R", "S", "D", "T", "t", "Z", as proc_pid_status(5) has them; nil where that is not known.
  package var state: Character?
  /// Whether something other than our interruption stopped it, such as a signal that it is about to get: what it slept in
  /// is over.
  package var isAboutToRun = false

  package init(
    tid: Int32, hostID: Int32? = nil, registers: [UInt8], registerNotes: [(type: UInt32, contents: [UInt8])] = [],
    signal: Int32 = 0,
    signalInfo: [UInt8]? = nil, name: String? = nil, state: Character? = nil
  ) {
    self.tid = tid
    self.hostID = hostID ?? tid
    self.registers = registers
    self.registerNotes = registerNotes
    self.signal = signal
    self.signalInfo = signalInfo
    self.name = name
    self.state = state
  }

  /// The size of `struct user_regs_struct` (x86-64), and of `struct user_pt_regs` (aarch64), in bytes.
  package static func registerSize(_ architecture: Architecture) -> Int { architecture == .x86_64 ? 216 : 272 }

  /// The DWARF numbers of `struct user_regs_struct`'s words (`arch/x86/include/asm/user_64.h`); -1 for what has none:
  /// orig_rax, segments and flags.
  private static let order: [Int] = [15, 14, 13, 12, 6, 3, 11, 10, 9, 8, 0, 2, 1, 4, 5, -1, 16, -1, -1, 7]
  private static let originalRax = 15
  private static let threadPointerWord = 21

  /// A thread of which only the registers' values are known.
  ///
  /// - Parameters:
  ///   - threadPointer: fs base; on aarch64 TPIDR_EL0.
  ///   - systemCall: orig_rax: the number of the system call that it was in, or -1; x86-64 only.
  package init(
    tid: Int32, _ values: RegisterSet, _ architecture: Architecture, threadPointer: UInt64? = nil,
    systemCall: Int64? = nil, signal: Int32 = 0, signalInfo: [UInt8]? = nil
  ) {
    var words = [UInt64](repeating: 0, count: Self.registerSize(architecture) / 8)
    switch architecture {
    case .x86_64:
      for (index, number) in Self.order.enumerated() where number >= 0 { words[index] = values[number] ?? 0 }
      words[Self.originalRax] = UInt64(bitPattern: systemCall ?? -1)
      words[Self.threadPointerWord] = threadPointer ?? 0
    case .aarch64:
      for number in 0...32 { words[number] = values[number] ?? 0 }
    }
    var notes: [(type: UInt32, contents: [UInt8])] = []
    if architecture == .aarch64, let threadPointer { notes.append((0x401, Self.bytes([threadPointer]))) }
    self.init(
      tid: tid, registers: Self.bytes(words), registerNotes: notes, signal: signal, signalInfo: signalInfo)
  }

  private static func bytes(_ words: [UInt64]) -> [UInt8] {
    words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
  }

  private func word(_ index: Int) -> UInt64? {
    guard index >= 0, registers.count >= 8 * index + 8 else { return nil }
    return (0..<8).reduce(0 as UInt64) { $0 | UInt64(registers[8 * index + $1]) << UInt64(8 * $1) }
  }

  /// Its stack pointer; nil where its registers are not known.
  package func stackPointer(_ architecture: Architecture) -> UInt64? { word(architecture == .x86_64 ? 19 : 31) }

  /// fs base, or TPIDR_EL0; nil where that is not known.
  package func threadPointer(_ architecture: Architecture) -> UInt64? {
    if architecture == .x86_64 { return word(Self.threadPointerWord) }
    guard let note = registerNotes.first(where: { $0.type == 0x401 })?.contents, note.count >= 8 else { return nil }
    return (0..<8).reduce(0 as UInt64) { $0 | UInt64(note[$1]) << UInt64(8 * $1) }
  }

  /// What its general registers hold.
  package var values: [UInt64] { (0..<registers.count / 8).compactMap(word) }
}
