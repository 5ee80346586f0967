import Foundation

/// Core files of programs that crash, from the kernel, from qemu and from gdb.
extension Fixture {
  /// Runs a program that is meant to crash, and returns the path of its core.
  ///
  /// The kernel writes it, where its core_pattern is a plain name. Where the pattern is a pipe or names another
  /// folder, or the hard limit forbids cores, gdb runs the program again and writes the core (``gdbCore(of:in:environment:timeout:)``).
  ///
  /// - Parameters:
  ///   - program: the program and its arguments.
  ///   - directory: where it runs, and where its core comes to lie; where nil, a new folder that is removed at
  ///     the end of the test process.
  ///   - coredumpFilter: what the kernel dumps, as core(5) has it: `0x7f` is everything; nil for the default.
  /// - Throws: ``PreparationError`` where it did not die of a signal, or no core was written.
  public static func core(
    of program: [String], in directory: String? = nil, environment: [String: String] = [:],
    coredumpFilter: UInt32? = nil, timeout: Double = 60
  ) throws -> String {
    let folder = try directory ?? temporaryDirectory()
    let before = try cores(in: folder)
    let outcome = try run(
      dumping(program, coredumpFilter: coredumpFilter), in: folder, environment: silent(environment), timeout: timeout)
    guard outcome.signal != nil else {
      throw PreparationError("\(program) exited with \(outcome.status) instead of crashing\n\(outcome.errors)")
    }
    if let core = try cores(in: folder).subtracting(before).first { return core }
    return try gdbCore(of: program, in: folder, environment: environment, timeout: timeout)
  }

  /// The core of a program that takes long to crash or whose core takes long to write: made once, and kept
  /// until the program, its arguments or its environment change.
  ///
  /// Do not write to it.
  public static func keptCore(
    of program: [String], environment: [String: String] = [:], coredumpFilter: UInt32? = nil, timeout: Double = 60
  ) throws -> String {
    let ingredients =
      try program + environment.map { "\($0)=\($1)" }.sorted() + ["\(coredumpFilter ?? 0)", identity(of: program[0])]
    return try kept(
      as: "core-" + stem(of: program[0].split(separator: "/").last.map(String.init) ?? ""),
      madeFrom: ingredients
    ) { unfinished in
      let folder = unfinished + ".run"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let core = try core(
        of: program, in: folder, environment: environment, coredumpFilter: coredumpFilter, timeout: timeout)
      guard rename(core, unfinished) == 0 else { throw PreparationError("cannot move \(core)") }
    }
  }

  /// Runs an aarch64 program under qemu-user until it crashes, and returns the core that qemu wrote of it.
  ///
  /// Such a core has every thread's registers, but neither NT_FILE nor NT_SIGINFO. The core of qemu itself, which
  /// the kernel writes beside it, is removed.
  public static func guestCore(
    of program: [String], in directory: String? = nil, environment: [String: String] = [:], timeout: Double = 60
  ) throws -> String {
    let folder = try directory ?? temporaryDirectory()
    let before = try cores(in: folder)
    let outcome = try run(
      dumping(["qemu-aarch64", "-L", aarch64SystemRoot] + program, coredumpFilter: nil), in: folder,
      environment: silent(environment), timeout: timeout)
    guard outcome.signal != nil else {
      throw PreparationError("\(program) exited with \(outcome.status) instead of crashing\n\(outcome.errors)")
    }
    let new = try cores(in: folder).subtracting(before)
    let isGuest = { (path: String) in URL(fileURLWithPath: path).lastPathComponent.hasPrefix("qemu_") }
    new.filter { !isGuest($0) }.forEach(remove)
    guard let core = new.first(where: isGuest) else {
      let hard = try run(["sh", "-c", "ulimit -H -c"]).output.trimmingCharacters(in: .whitespacesAndNewlines)
      throw PreparationError(
        "qemu wrote no core of \(program)"
          + (hard == "0"
            ? ": the hard limit for core files is 0 (`ulimit -H -c`), and nobody else writes a guest's core. Run the tests from a "
              + "shell that allows cores: as root `ulimit -H -c unlimited`, or `docker run --ulimit core=-1`." : "")
          + "\n\(outcome.errors)")
    }
    return core
  }

  /// Runs a program under gdb until it stops, and returns the core that gdb's `generate-core-file` wrote.
  public static func gdbCore(
    of program: [String], in directory: String? = nil, environment: [String: String] = [:], timeout: Double = 60
  ) throws -> String {
    let core = try (directory ?? temporaryDirectory()) + "/core.gdb-" + UUID().uuidString
    let outcome = try run(
      ["gdb", "-nx", "-q", "-batch", "-ex", "run", "-ex", "generate-core-file " + core, "--args"] + program,
      in: directory, environment: silent(environment), timeout: timeout)
    guard FileManager.default.fileExists(atPath: core) else {
      throw PreparationError("gdb wrote no core of \(program)\n\(outcome.output)\(outcome.errors)")
    }
    return core
  }

  /// Starts a program, waits until it has printed something, and returns a core that `gcore` took of it alive.
  public static func liveCore(
    of program: [String], environment: [String: String] = [:], timeout: Double = 60
  ) throws -> String {
    let process = try RunningProgram(program, environment: environment)
    return try process.gdbCore(timeout: timeout)
  }

  /// A command that runs a program with cores allowed as far as the hard limit lets us.
  private static func dumping(_ program: [String], coredumpFilter: UInt32?) -> [String] {
    let filter = coredumpFilter.map { "printf 0x\(String($0, radix: 16)) > /proc/self/coredump_filter; " } ?? ""
    let raise = "ulimit -c unlimited 2>/dev/null || ulimit -c \"$(ulimit -H -c)\"; "
    return ["sh", "-c", filter + raise + "exec \"$@\"", "sh"] + program
  }

  /// Swift programs are not to print a backtrace of their own before they die.
  static func silent(_ environment: [String: String]) -> [String: String] {
    ["SWIFT_BACKTRACE": "enable=no"].merging(environment) { $1 }
  }

  /// The paths of all ELF cores in a folder, whatever their names.
  private static func cores(in folder: String) throws -> Set<String> {
    Set(
      try FileManager.default.contentsOfDirectory(atPath: folder).map { folder + "/" + $0 }.filter { path in
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
          let file = FileHandle(forReadingAtPath: path)
        else { return false }
        defer { file.closeFile() }
        let header = try file.read(upToCount: 18) ?? Data()
        // e_ident's magic number, and ET_CORE in e_type, in either byte order.
        return header.starts(with: [0x7f, 0x45, 0x4c, 0x46]) && header.count == 18 && header[16] | header[17] == 4
      })
  }

  /// What tells one state of a program's file from another, without reading all of it.
  private static func identity(of program: String) throws -> String {
    let attributes = try FileManager.default.attributesOfItem(atPath: program)
    return "\(attributes[.size] ?? 0) \((attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0)"
  }
}
