/// Explains why no core file is written, and which command mends it.
package enum Doctor {
  /// One thing that was looked at.
  package struct Check: Sendable, Equatable, Encodable {
    package enum State: String, Sendable, Encodable { case ok, problem }

    /// What was looked at: "core size limit".
    package let name: String
    package let state: State
    /// What was found, in a sentence.
    package let explanation: String
    /// Commands that mend it, each complete.
    package let remedies: [String]
  }

  /// Judges what was found; the host is not asked again.
  package static func examine(_ facts: CoreDumpFacts) -> [Check] {
    [limit(facts), pattern(facts), filter(facts), setUserID(facts), container(facts)].compactMap(\.self)
  }

  private static func ok(_ name: String, _ explanation: String) -> Check {
    Check(name: name, state: .ok, explanation: explanation, remedies: [])
  }

  private static func problem(_ name: String, _ explanation: String, _ remedies: [String]) -> Check {
    Check(name: name, state: .problem, explanation: explanation, remedies: remedies)
  }

  /// RLIMIT_CORE. The kernel does not look at it where it pipes to a program (core(5)), but systemd-coredump does.
  private static func limit(_ facts: CoreDumpFacts) -> Check {
    let name = "core size limit"
    guard let soft = facts.softLimit, let hard = facts.hardLimit else {
      return problem(name, "the limit of core files cannot be read", ["ulimit -c"])
    }
    if case .pipe(let program)? = facts.pattern?.kind, !program.hasSuffix("systemd-coredump") {
      return ok(name, "the limit does not matter, as the kernel pipes cores to \(program)")
    }
    if soft == .max { return ok(name, "core files may have any size") }
    let what =
      soft == 0
      ? "ulimit -c is 0 in this shell: programs started from it write no core file"
      : "ulimit -c cuts core files off after \(soft) bytes in this shell"
    guard hard < .max else { return problem(name, what, ["ulimit -c unlimited"]) }
    return problem(
      name, what + ", and its hard limit of \(hard) bytes keeps it from being raised",
      facts.container == nil
        ? [
          "sudo prlimit --pid $$ --core=unlimited:unlimited",
          "for a service: sudo systemctl edit SERVICE, and add LimitCORE=infinity under [Service]",
        ] : ["start the container with: docker run --ulimit core=-1 ..."])
  }

  private static func pattern(_ facts: CoreDumpFacts) -> Check {
    let name = "core_pattern"
    let reset = "sudo sysctl -w kernel.core_pattern=core.%p"
    guard let pattern = facts.pattern else {
      return problem(
        name, "/proc/sys/kernel/core_pattern cannot be read: is /proc mounted?", ["mount -t proc proc /proc"])
    }
    switch pattern.kind {
    case .none:
      return problem(name, "the pattern is empty, so the kernel writes no core file", [reset])
    case .socket(let path):
      return ok(name, "the kernel sends cores to the socket \(path)")
    case .pipe(let program):
      return handler(program, facts, name, reset)
    case .file(let template):
      return folder(template, pattern, facts.folder, name)
    }
  }

  /// A program that the kernel starts, in the first namespaces of the host: not in a container's.
  private static func handler(_ program: String, _ facts: CoreDumpFacts, _ name: String, _ reset: String) -> Check {
    if facts.container != nil {
      return problem(
        name,
        "the kernel pipes cores to \(program), which it starts on the host, not in this container: look for the core there",
        ["on the host: coredumpctl list", "on the host: " + reset])
    }
    guard facts.handlerIsExecutable == true else {
      return problem(name, "the kernel pipes cores to \(program), which is not there or may not be run", [reset])
    }
    if program.hasSuffix("systemd-coredump") {
      if facts.systemdStorage == "none" {
        return problem(
          name, "systemd-coredump gets the cores, and Storage=none in /etc/systemd/coredump.conf throws them away",
          ["sudo sed -i 's/^Storage=none/Storage=external/' /etc/systemd/coredump.conf"])
      }
      return ok(name, "systemd-coredump gets the cores; `coredumpctl list` shows them")
    }
    return ok(name, "the kernel pipes cores to \(program), which decides what becomes of them")
  }

  private static func folder(
    _ template: String, _ pattern: CorePattern, _ state: CoreDumpFacts.FolderState, _ name: String
  ) -> Check {
    let folder = pattern.fixedFolder ?? "."
    let shown = pattern.isAbsolute ? folder : folder == "." ? "the current folder" : "the folder \(folder)"
    switch state {
    case .missing:
      return problem(
        name, "core files go to \(shown) (\(template)), which does not exist: the kernel does not make it",
        ["\(pattern.isAbsolute ? "sudo " : "")mkdir -p -m 1777 \(folder)"])
    case .notWritable:
      return problem(
        name, "core files go to \(shown) (\(template)), which you may not write to",
        pattern.isAbsolute
          ? ["sudo chmod 1777 \(folder)"]
          : ["cd to a folder that you may write to", "sudo sysctl -w kernel.core_pattern=/var/tmp/core.%p"])
    case .writable:
      return ok(
        name,
        pattern.isAbsolute
          ? "core files go to \(shown) (\(template))"
          : "core files go to \(shown) of the process that dies (\(template)); it must be able to write there")
    }
  }

  /// Which pages are dumped (core(5), "Controlling which mappings are written to the core dump").
  private static func filter(_ facts: CoreDumpFacts) -> Check? {
    guard let filter = facts.filter else { return nil }
    let name = "coredump_filter"
    if filter & 1 == 0 {
      return problem(
        name, "private memory, stacks among it, is left out of core files (filter 0x\(String(filter, radix: 16)))",
        ["echo 0x33 > /proc/self/coredump_filter"])
    }
    if filter & 0x10 == 0 {
      return problem(
        name, "the first pages of ELF files are left out of core files, and with them the build-ids",
        ["echo 0x33 > /proc/self/coredump_filter"])
    }
    return ok(name, "stacks, heap and ELF headers are dumped (filter 0x\(String(filter, radix: 16)))")
  }

  /// `fs.suid_dumpable` (proc_sys_fs(5)).
  private static func setUserID(_ facts: CoreDumpFacts) -> Check? {
    guard let mode = facts.setUserIDDumpable else { return nil }
    let name = "suid_dumpable"
    switch mode {
    case 0:
      return ok(
        name,
        "as usual, programs that are set-uid, changed their user or may not be read write none "
          + "(if yours is one: sudo sysctl -w fs.suid_dumpable=2, with an absolute core_pattern)")
    case 2 where facts.pattern.map { !$0.isAbsolute && $0.isFile } ?? false:
      return problem(
        name,
        "mode 2 needs an absolute core_pattern or a program, and the pattern is relative: "
          + "set-uid programs write no core file", ["sudo sysctl -w kernel.core_pattern=/var/tmp/core.%p"])
    default:
      return ok(name, "set-uid programs are dumped too (mode \(mode))")
    }
  }

  private static func container(_ facts: CoreDumpFacts) -> Check? {
    guard let container = facts.container else { return nil }
    return ok(
      "container",
      "this is a container (\(container)): core_pattern is the host's, and a file pattern names a folder in here")
  }
}

extension CorePattern {
  /// Whether cores are files.
  var isFile: Bool { if case .file = kind { true } else { false } }
}
