package import Bytes
internal import CLinux
internal import ELF

/// The program that a command names, and whether the library can be loaded into it.
package struct GuardedProgram: Equatable, Sendable {
  /// Where it lies.
  package let path: String

  /// Why a command cannot be guarded.
  package enum Problem: Error, Equatable {
    /// There is no such command; the status is 127.
    case notFound
    /// It cannot be executed: an errno; the status is 126.
    case notExecutable(Int32)
    /// It has no dynamic linker, which would load the library. The file, which may be a script's interpreter.
    case isStatic(String)
    /// It runs with more privilege than its user has, and the dynamic linker ignores what users preload.
    case isPrivileged(String, Privilege)
    /// It is a program for another machine, or of 32 bits.
    case isForeign(String)
  }

  /// Where privilege comes from.
  package enum Privilege: Equatable, Sendable {
    case user
    case group
    case capabilities
  }

  /// Finds a command as a shell does, and looks at the program, or at the interpreter of a script.
  ///
  /// - Parameters:
  ///   - command: a path, where it has a slash; else a name that is looked for in the folders of `search`.
  ///   - search: the value of PATH.
  package init(_ command: String, search: String?) throws(Problem) {
    path = try Self.found(command, search: search ?? "/usr/local/bin:/usr/bin:/bin")
    var file = path
    // The kernel follows interpreters that are scripts themselves four times (fs/exec.c, bprm_execve).
    for _ in 0..<5 {
      guard let interpreter = try Self.examine(file) else { return }
      file = interpreter
    }
    throw .notExecutable(40)
  }

  private static func found(_ command: String, search: String) throws(Problem) -> String {
    if command.utf8.contains(UInt8(ascii: "/")) {
      guard let failure = refusal(command) else { return command }
      throw failure == 2 ? .notFound : .notExecutable(failure)
    }
    guard !command.isEmpty else { throw .notFound }
    var last: Int32 = 2
    for folder in search.split(separator: ":", omittingEmptySubsequences: false) {
      let path = folder.isEmpty ? "./" + command : folder + "/" + command
      guard let failure = refusal(path) else { return path }
      if failure == 13 { last = failure }
    }
    throw last == 2 ? .notFound : .notExecutable(last)
  }

  /// The errno that executing a file would give; nil where nothing speaks against it.
  private static func refusal(_ path: String) -> Int32? {
    var facts = inquest_file_facts()
    let result = unsafe inquest_file_facts(path, &facts)
    if result != 0 { return Int32(clamping: -result) }
    let isRegular = facts.mode & 0o170000 == 0o100000
    guard isRegular, unsafe inquest_may_execute(path) == 1 else { return 13 }
    return nil
  }

  /// Refuses a program that the library cannot be loaded into. Returns a script's interpreter; nil for a program.
  private static func examine(_ path: String) throws(Problem) -> String? {
    let bytes: ByteView
    do throws(FileError) {
      bytes = ByteView(try MappedFile(path: path))
    } catch {
      // What may be executed but not read cannot be looked at; it is tried.
      if error.errno == 13 { return nil }
      throw .notExecutable(error.errno)
    }
    if bytes.load(UInt16.self, at: 0) == 0x2123 { return interpreter(bytes) }
    let class64: UInt8 = 2
    if bytes.load(UInt32.self, at: 0) == 0x464c_457f, bytes.load(UInt8.self, at: 4) != class64 {
      throw .isForeign(path)
    }
    let file: ELFFile
    do throws(ELFError) {
      file = try ELFFile(bytes)
    } catch {
      if bytes.load(UInt32.self, at: 0) != 0x464c_457f { return shell }
      throw .isForeign(path)
    }
    guard file.header.machine == hostMachine else { throw .isForeign(path) }
    guard file.segments.contains(where: { $0.type == ProgramHeader.interpreter }) || isDynamicLinker(path, file) else {
      throw .isStatic(path)
    }
    if let privilege = privilege(of: path) { throw .isPrivileged(path, privilege) }
    return nil
  }

  /// The dynamic linker itself, which runs the program that its arguments name: "ld-linux-x86-64.so.2", "ld-musl-x86_64.so.1",
  /// "ld-2.31.so", "ld.so".
  private static func isDynamicLinker(_ path: String, _ file: ELFFile) -> Bool {
    let name = path.split(separator: "/").last ?? ""
    return file.segments.contains { $0.type == ProgramHeader.dynamic } && name.contains(".so")
      && (name.hasPrefix("ld-") || name.hasPrefix("ld.so"))
  }

  /// The interpreter of "#! /path argument" (at most 255 bytes of it are looked at, fs/binfmt_script.c).
  private static func interpreter(_ script: ByteView) -> String? {
    let line = script.prefix(from: 2, atMost: 253)
    let blanks: [UInt8] = [UInt8(ascii: " "), UInt8(ascii: "\t")]
    return unsafe line.withUnsafeBytes { bytes in
      let first = unsafe bytes.prefix { $0 != UInt8(ascii: "\n") }.drop { blanks.contains($0) }
      let word = unsafe first.prefix { !blanks.contains($0) && $0 != 0 }
      return unsafe word.isEmpty ? nil : String(decoding: word, as: UTF8.self)
    }
  }

  /// What would make the kernel set AT_SECURE (security/commoncap.c): then LD_PRELOAD is ignored.
  private static func privilege(of path: String) -> Privilege? {
    var facts = inquest_file_facts()
    guard unsafe inquest_file_facts(path, &facts) == 0, facts.ignores_privilege == 0 else { return nil }
    if facts.mode & 0o4000 != 0, facts.user != inquest_real_user() { return .user }
    // Without the permission to execute, the bit means locking (inode(7)).
    if facts.mode & 0o2010 == 0o2010, facts.group != inquest_real_group() { return .group }
    if facts.has_capabilities != 0, inquest_real_user() != 0 { return .capabilities }
    return nil
  }

  /// What runs a file that the kernel takes for no program: a script without a first line that says so (execvp).
  private static let shell = "/bin/sh"

  private static var hostMachine: UInt16 {
    #if arch(x86_64)
      ELFHeader.machineX86_64
    #else
      ELFHeader.machineAArch64
    #endif
  }

  /// Becomes the program. Returns an errno where that fails.
  ///
  /// - Parameter undecoded: what some arguments and entries stand for.
  package func become(_ arguments: [String], environment: [String], undecoded: UndecodedTexts) -> Int32 {
    let notExecutable: Int32 = 8
    let entries = CStrings(environment, undecoded: undecoded)
    let errno = Self.execute(path, CStrings(arguments, undecoded: undecoded), entries)
    guard errno == notExecutable else { return errno }
    let words = [Self.shell, path] + arguments.dropFirst()
    return Self.execute(Self.shell, CStrings(words, undecoded: undecoded), entries)
  }

  private static func execute(_ path: String, _ words: CStrings, _ entries: CStrings) -> Int32 {
    let result = unsafe words.withPointers { words in
      unsafe entries.withPointers { entries in unsafe inquest_become(path, words, entries) }
    }
    return Int32(clamping: -result)
  }
}
