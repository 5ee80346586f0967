/// Writes notes (gABI chapter 5, "Note Section"), aligned to four bytes.
public struct NoteWriter: Sendable {
  private var writer = ByteWriter()

  public init() {}

  public var bytes: [UInt8] { writer.bytes }

  public mutating func add(_ name: String, _ type: UInt32, _ contents: [UInt8]) {
    writer.append(UInt32(name.utf8.count + 1))
    writer.append(UInt32(contents.count))
    writer.append(type)
    writer.append(cString: name)
    writer.align(to: 4)
    writer.append(contents)
    writer.align(to: 4)
  }

  /// NT_GNU_BUILD_ID.
  public mutating func addBuildID(_ identifier: [UInt8]) { add("GNU", 3, identifier) }
}

/// The general registers of a thread as the kernel dumps them, by name.
public struct DumpedRegisters: Sendable {
  /// In the order of `struct user_regs_struct` (x86-64; `sys/user.h`).
  public static let x86_64 = [
    "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi", "orig_rax",
    "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs",
  ]
  /// In the order of `struct user_pt_regs` (aarch64; `asm/ptrace.h`).
  public static let aarch64 = (0...30).map { "x\($0)" } + ["sp", "pc", "pstate"]

  public static func bytes(_ names: [String], _ values: [String: UInt64]) -> [UInt8] {
    var writer = ByteWriter()
    for name in names { writer.append(values[name] ?? 0) }
    return writer.bytes
  }
}
