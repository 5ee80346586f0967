package import Machine

/// The notes of a core of a living process (Linux `fs/binfmt_elf.c`, `include/linux/elfcore.h`), in the kernel's order.
package struct CoreNoteWriter {
  /// The contents of a PT_NOTE segment, aligned to four bytes.
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// All notes of a process.
  ///
  /// - Parameters:
  ///   - process: its id.
  ///   - vector: `/proc/PID/auxv`.
  ///   - commandLine: as `ps` shows it; its first 79 bytes are kept.
  package init(
    process: Int32, facts: ProcessFacts, architecture: Architecture, threads: [LiveThread], mappings: ProcessMappings,
    vector: [UInt8], commandLine: String
  ) {
    for (index, thread) in threads.enumerated() {
      status(thread, facts, architecture)
      if index == 0 {
        processInfo(process, facts, commandLine)
        if let info = thread.signalInfo { note("CORE", 0x5349_4749, info) }
        note("CORE", 6, vector)
        note("CORE", 0x4649_4c45, Self.files(mappings))
      } else if let info = thread.signalInfo {
        note("CORE", 0x5349_4749, info)
      }
      for set in thread.registerNotes { note(set.type == 2 ? "CORE" : "LINUX", set.type, set.contents) }
    }
    guard threads.isEmpty else { return }
    processInfo(process, facts, commandLine)
    note("CORE", 6, vector)
    note("CORE", 0x4649_4c45, Self.files(mappings))
  }

  /// Adds a note.
  package mutating func note(_ owner: StaticString, _ type: UInt32, _ contents: [UInt8]) {
    let name = Array(owner.description.utf8) + [0]
    put(UInt32(name.count), &bytes)
    put(UInt32(contents.count), &bytes)
    put(type, &bytes)
    bytes += name
    pad(&bytes)
    bytes += contents
    pad(&bytes)
  }

  /// `struct elf_prstatus`. The times that it has room for are left zero.
  private mutating func status(_ thread: LiveThread, _ facts: ProcessFacts, _ architecture: Architecture) {
    var contents: [UInt8] = []
    put(thread.signal, &contents)
    put(UInt64(0), &contents)  // si_code, si_errno
    put(Int16(truncatingIfNeeded: thread.signal), &contents)
    put(UInt16(0), &contents)
    put(facts.pendingSignals, &contents)
    put(facts.blockedSignals, &contents)
    put(thread.tid, &contents)
    put(facts.parent, &contents)
    put(UInt64(0), &contents)  // pr_pgrp, pr_sid
    contents += [UInt8](repeating: 0, count: 64)
    // A thread whose registers are not known gets a note without them, which says just that.
    if !thread.registers.isEmpty {
      let size = LiveThread.registerSize(architecture)
      contents += thread.registers.prefix(size) + [UInt8](repeating: 0, count: max(0, size - thread.registers.count))
      put(UInt32(thread.registerNotes.contains { $0.type == 2 } ? 1 : 0), &contents)
      put(UInt32(0), &contents)
    }
    note("CORE", 1, contents)
  }

  /// `struct elf_prpsinfo`.
  private mutating func processInfo(_ process: Int32, _ facts: ProcessFacts, _ commandLine: String) {
    var contents: [UInt8] = []
    let state = facts.state.asciiValue ?? UInt8(ascii: "?")
    contents += [
      UInt8(
        "RSDTZW".utf8.firstIndex(of: state).map { "RSDTZW".utf8.distance(from: "RSDTZW".utf8.startIndex, to: $0) } ?? 6)
    ]
    contents += [state, state == UInt8(ascii: "Z") ? 1 : 0, 0]
    put(UInt32(0), &contents)
    put(UInt64(0), &contents)
    put(facts.users.first ?? 0, &contents)
    put(facts.groups.first ?? 0, &contents)
    put(process, &contents)
    put(facts.parent, &contents)
    put(UInt64(0), &contents)
    contents += Self.field(facts.name, 16) + Self.field(commandLine, 80)
    note("CORE", 3, contents)
  }

  private static func field(_ text: String, _ size: Int) -> [UInt8] {
    let bytes = Array(text.utf8.prefix(size - 1))
    return bytes + [UInt8](repeating: 0, count: size - bytes.count)
  }

  /// NT_FILE, with offsets in units of 4,096 bytes.
  private static func files(_ mappings: ProcessMappings) -> [UInt8] {
    let files = mappings.entries.filter(\.isFile)
    var contents: [UInt8] = []
    put(UInt64(files.count), &contents)
    put(UInt64(4096), &contents)
    for file in files {
      put(file.start, &contents)
      put(file.end, &contents)
      put(file.fileOffset / 4096, &contents)
    }
    for file in files { contents += Array(file.path.utf8) + [0] }
    return contents
  }
}

/// Appends a number, little-endian.
func put<T: FixedWidthInteger>(_ value: T, _ bytes: inout [UInt8]) {
  for shift in 0..<MemoryLayout<T>.size { bytes.append(UInt8(truncatingIfNeeded: value >> T(8 * shift))) }
}

/// Appends zeros up to a multiple of four.
private func pad(_ bytes: inout [UInt8]) {
  while bytes.count % 4 != 0 { bytes.append(0) }
}
