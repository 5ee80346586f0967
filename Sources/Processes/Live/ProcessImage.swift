internal import Bytes
internal import CLinux
package import Machine
internal import Targets

/// What is known of a process at one moment: its address space, its threads, and what was copied of its memory. It makes a
/// ``LiveTarget``, or a core file.
package struct ProcessImage {
  /// Its id in our pid namespace.
  package let process: Int32
  /// The thread by whose id its memory is read: of a process whose first thread has ended, another one.
  package let reader: Int32
  package let architecture: Architecture
  package let facts: ProcessFacts
  package let mappings: ProcessMappings
  /// `/proc/PID/auxv`.
  package let auxiliaryVector: [UInt8]
  /// Its arguments with blanks between them, as `ps` shows them.
  package let commandLine: String
  /// The one that a signal hit first, else the first thread.
  package var threads: [LiveThread]

  /// Reads what `/proc` tells of a process that stands still.
  ///
  /// - Parameters:
  ///   - process: its id in our pid namespace.
  ///   - reader: the id of the thread whose entry in `/proc` is read: of a process whose first thread has ended, that of
  ///     another one.
  ///   - threads: its threads; the signalled one is put first.
  ///   - earlier: its mappings as they were before it was stopped, which are seldom others now.
  /// - Throws: ``ProcessError`` where it is gone, may not be looked at, or is no 64-bit program.
  package init(
    process: Int32, reader: Int32? = nil, facts: ProcessFacts, threads: [LiveThread],
    earlier: ProcessMappings.Reading? = nil
  ) throws(ProcessError) {
    let folder = reader.map { "/proc/\(process)/task/\($0)" } ?? "/proc/\(process)"
    mappings = try ProcessMappings.Reading(folder + "/maps", earlier: earlier).mappings
    auxiliaryVector = try ProcFile.bytes(folder + "/auxv")
    guard let architecture = Self.architecture(auxiliaryVector, mappings, reader ?? process) else {
      throw .unsupportedMachine(process)
    }
    self.architecture = architecture
    self.process = process
    self.reader = reader ?? process
    self.facts = facts
    let line = ProcFile.text(folder + "/cmdline") ?? ""
    commandLine = String(line.map { $0 == "\0" ? " " : $0 }.dropLast(line.last == "\0" ? 1 : 0))
    self.threads = threads
    if let hit = threads.firstIndex(where: { $0.signal != 0 }), hit > 0 {
      self.threads.remove(at: hit)
      self.threads.insert(threads[hit], at: 0)
    }
  }

  /// The process's id in its own pid namespace.
  package var ownID: Int32 { facts.namespaceIDs.last ?? process }

  /// The mappings that may be read, and whose reading does nothing else.
  package var readable: [ProcessMappings.Entry] {
    mappings.entries.filter {
      $0.permissions.contains(.read) && !$0.isDevice && $0.path != "[vvar]" && $0.path != "[vsyscall]"
        && $0.path != "[vvar_vclock]"
    }
  }

  /// Of the executable's ELF header, where the auxiliary vector says that it lies; nil where it is for another machine.
  private static func architecture(
    _ vector: [UInt8], _ mappings: ProcessMappings, _ process: Int32
  ) -> Architecture? {
    // Pairs of 64-bit words, of which the types are small: of 32-bit ones every second type would be a value as well.
    let words = AuxiliaryVector(ByteView(vector))
    guard let headers = words[AuxiliaryVector.programHeaders], words[AuxiliaryVector.programHeaderSize] == 56 else {
      return nil
    }
    let page = mappings.entry(containing: headers)?.start ?? headers & ~0xfff
    let header = ProcessMemory(process: process).readPrefix(page, 20)
    if header.load(UInt32.self, at: 0) == 0x464c_457f {
      switch header.load(UInt16.self, at: 18) {
      case 62: return .x86_64
      case 183: return .aarch64
      default: return nil
      }
    }
    #if arch(x86_64)
      return .x86_64
    #else
      return .aarch64
    #endif
  }
}
