internal import Bytes
internal import Machine

/// NT_PRSTATUS, `struct elf_prstatus` (Linux `include/linux/elfcore.h`; registers:
/// `arch/x86/include/asm/user_64.h`, `arch/arm64/include/uapi/asm/ptrace.h`).
struct ThreadStatus {
  let tid: Int32
  /// pr_cursig.
  let signal: Int32
  let registers: RegisterSet
  /// fs_base, x86-64 only.
  let threadPointer: UInt64?
  /// orig_rax, x86-64 only.
  let systemCall: Int64?

  /// Offsets that both architectures share, as they are both LP64.
  private static let currentSignalOffset = 12
  private static let threadOffset = 32
  private static let registersOffset = 112

  /// The DWARF numbers of `struct user_regs_struct`'s first words, in its order; -1 for orig_rax.
  private static let order: [Int] = [15, 14, 13, 12, 6, 3, 11, 10, 9, 8, 0, 2, 1, 4, 5, -1, 16]
  private static let originalRaxIndex = 15
  private static let stackPointerIndex = 19
  private static let threadPointerIndex = 21

  /// nil where the note ends before the thread's id. Registers that it does not hold are not known.
  init?(_ note: ByteView, _ architecture: Architecture) {
    guard let tid = note.load(Int32.self, at: Self.threadOffset),
      let signal = note.load(Int16.self, at: Self.currentSignalOffset)
    else { return nil }
    self.tid = tid
    self.signal = Int32(signal)
    func word(_ index: Int) -> UInt64? { note.load(UInt64.self, at: Self.registersOffset + 8 * index) }
    var registers = RegisterSet()
    switch architecture {
    case .x86_64:
      for (index, number) in Self.order.enumerated() where number >= 0 { registers[number] = word(index) }
      registers[architecture.stackPointerRegister] = word(Self.stackPointerIndex)
      threadPointer = word(Self.threadPointerIndex)
      systemCall = word(Self.originalRaxIndex).map { Int64(bitPattern: $0) }
    case .aarch64:
      // x0 to x30, sp and pc, which is DWARF's order.
      for number in 0...32 { registers[number] = word(number) }
      threadPointer = nil
      systemCall = nil
    }
    self.registers = registers
  }
}

/// NT_PRPSINFO, `struct elf_prpsinfo` (Linux `include/linux/elfcore.h`).
struct ProcessStatus {
  let pid: Int32?
  let parentPID: Int32?
  /// pr_fname: the main thread's name, at most 15 bytes.
  let name: String?
  /// pr_psargs: at most 79 bytes of the command line, its arguments with blanks between them.
  let commandLine: String?

  init(_ note: ByteView) {
    pid = note.load(Int32.self, at: 24)
    parentPID = note.load(Int32.self, at: 28)
    name = Self.text(note, at: 40, size: 16)
    commandLine = Self.text(note, at: 56, size: 80)
  }

  private static func text(_ note: ByteView, at offset: Int, size: Int) -> String? {
    guard let field = note.slice(offset, size) else { return nil }
    let text = (field.cString(at: 0) ?? field).text
    return text.isEmpty ? nil : text
  }
}
