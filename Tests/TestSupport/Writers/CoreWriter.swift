/// Writes core files, as a kernel does or as none would.
///
/// The layouts of notes are those of `sys/procfs.h`, `link.h` and `elf.h`, put down field by field; nothing is shared
/// with the reader.
public struct CoreWriter: Sendable {
  public var elf: ELFWriter
  public var notes = NoteWriter()
  private let isARM: Bool

  /// - Parameter machine: e_machine: 62 x86-64, 183 aarch64.
  public init(machine: UInt16 = 62) {
    elf = ELFWriter(type: 4, machine: machine)
    isARM = machine == 183
  }

  /// NT_PRSTATUS.
  public mutating func addThread(_ tid: Int32, signal: Int16 = 0, registers: [String: UInt64] = [:]) {
    notes.add("CORE", 1, threadStatus(tid, signal: signal, registers: registers))
  }

  /// `struct elf_prstatus`.
  public func threadStatus(_ tid: Int32, signal: Int16 = 0, registers: [String: UInt64] = [:]) -> [UInt8] {
    var status = ByteWriter()
    // pr_info: si_signo, si_code, si_errno.
    status.append(Int32(signal))
    status.append(Int32(0))
    status.append(Int32(0))
    // pr_cursig, and padding.
    status.append(signal)
    status.append(Int16(0))
    // pr_sigpend, pr_sighold.
    status.append(UInt64(0))
    status.append(UInt64(0))
    // pr_pid, pr_ppid, pr_pgrp, pr_sid.
    for value in [tid, 1, tid, tid] { status.append(value) }
    // pr_utime, pr_stime, pr_cutime, pr_cstime: seconds and microseconds.
    for _ in 0..<8 { status.append(UInt64(0)) }
    status.append(
      DumpedRegisters.bytes(isARM ? DumpedRegisters.aarch64 : DumpedRegisters.x86_64, registers))
    // pr_fpvalid, and padding.
    status.append(Int32(1))
    status.append(Int32(0))
    return status.bytes
  }

  /// NT_PRPSINFO.
  public mutating func addProcess(pid: Int32, parent: Int32 = 1, name: String, commandLine: String) {
    var info = ByteWriter()
    // pr_state, pr_sname, pr_zomb, pr_nice, padding; pr_flag; pr_uid, pr_gid.
    info.append([0, UInt8(ascii: "R"), 0, 0, 0, 0, 0, 0])
    info.append(UInt64(0x400))
    info.append(UInt32(1000))
    info.append(UInt32(1000))
    for value in [pid, parent, pid, pid] { info.append(value) }
    info.append(text: name, size: 16)
    info.append(text: commandLine, size: 80)
    notes.add("CORE", 3, info.bytes)
  }

  /// NT_SIGINFO of a fault: si_signo, si_errno, si_code, padding, si_addr.
  public mutating func addSignal(_ number: Int32, code: Int32, address: UInt64) {
    var info = ByteWriter()
    for value in [number, 0, code, 0] { info.append(value) }
    info.append(address)
    info.append(zeros: 128 - info.count)
    notes.add("CORE", 0x5349_4749, info.bytes)
  }

  /// NT_SIGINFO of a signal that a process sent: si_pid and si_uid.
  public mutating func addSignal(_ number: Int32, code: Int32, sender: Int32, user: UInt32) {
    var info = ByteWriter()
    for value in [number, 0, code, 0, sender] { info.append(value) }
    info.append(user)
    info.append(zeros: 128 - info.count)
    notes.add("CORE", 0x5349_4749, info.bytes)
  }

  /// NT_AUXV, with AT_NULL at its end.
  public mutating func addAuxiliaryVector(_ entries: [(type: UInt64, value: UInt64)]) {
    notes.add("CORE", 6, Self.auxiliaryVector(entries))
  }

  public static func auxiliaryVector(_ entries: [(type: UInt64, value: UInt64)]) -> [UInt8] {
    var vector = ByteWriter()
    for entry in entries + [(0, 0)] {
      vector.append(entry.type)
      vector.append(entry.value)
    }
    return vector.bytes
  }

  public struct MappedFileEntry: Sendable {
    public var start: UInt64
    public var end: UInt64
    public var page: UInt64
    public var path: String
    public init(_ start: UInt64, _ end: UInt64, page: UInt64, _ path: String) {
      (self.start, self.end, self.page, self.path) = (start, end, page, path)
    }
  }

  /// NT_FILE.
  ///
  /// - Parameter statedCount: how many entries it claims to have, where that is a lie.
  public mutating func addFiles(_ entries: [MappedFileEntry], pageSize: UInt64 = 4096, statedCount: UInt64? = nil) {
    var note = ByteWriter()
    note.append(statedCount ?? UInt64(entries.count))
    note.append(pageSize)
    for entry in entries {
      note.append(entry.start)
      note.append(entry.end)
      note.append(entry.page)
    }
    for entry in entries { note.append(cString: entry.path) }
    notes.add("CORE", 0x4649_4c45, note.bytes)
  }

  /// A PT_LOAD.
  ///
  /// - Parameters:
  ///   - flags: 4 to read, 2 to write, 1 to execute.
  ///   - size: p_memsz, where not all was dumped.
  public mutating func addMemory(
    _ address: UInt64, flags: UInt32 = 6, _ contents: [UInt8], size: UInt64? = nil, statedFileSize: UInt64? = nil,
    statedOffset: UInt64? = nil
  ) {
    elf.segments.append(
      ELFWriter.Segment(
        type: 1, flags: flags, address: address, contents: contents, memorySize: size, statedFileSize: statedFileSize,
        statedOffset: statedOffset))
  }

  /// The core: the notes' segment first, as kernels write it.
  public func bytes() -> [UInt8] {
    var file = elf
    file.segments.insert(
      ELFWriter.Segment(type: 4, flags: 0, address: 0, contents: notes.bytes, memorySize: 0, alignment: 4), at: 0)
    return file.bytes()
  }
}
