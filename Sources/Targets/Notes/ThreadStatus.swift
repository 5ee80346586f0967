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

  /// nil where the note ends before the thread's id. Registers that it does not hold are not known.
  init?(_ note: ByteView, _ architecture: Architecture) {
    guard let tid = note.load(Int32.self, at: Self.threadOffset),
      let signal = note.load(Int16.self, at: Self.currentSignalOffset)
    else { return nil }
    self.tid = tid
    self.signal = Int32(signal)
    func word(_ index: Int) -> UInt64? { note.load(UInt64.self, at: Self.registersOffset + 8 * index) }
    var words = UserRegisters(architecture)
    var registers = RegisterSet()
    for index in 0..<UserRegisters.count(architecture) { words.words[index] = word(index) ?? 0 }
    let held = words.registers
    for number in 0..<RegisterSet.capacity {
      guard let index = UserRegisters.index(of: number, architecture), word(index) != nil else { continue }
      registers[number] = held[number]
    }
    let isHeld = { (index: Int) in word(index) != nil }
    threadPointer = isHeld(UserRegisters.threadPointerIndex) ? words.threadPointer : nil
    systemCall = isHeld(UserRegisters.originalRaxIndex) ? words.systemCall : nil
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
