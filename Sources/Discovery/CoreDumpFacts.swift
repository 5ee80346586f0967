internal import CLinux

/// What decides on this host whether a process that dies leaves a core file.
package struct CoreDumpFacts: Sendable {
  /// RLIMIT_CORE of this process, which programs inherit from the shell; in bytes, UInt64.max for no limit.
  package var softLimit: UInt64?
  package var hardLimit: UInt64?
  package var pattern: CorePattern?
  /// Of the folder that the pattern names, or of the current one.
  package var folder: FolderState
  /// Whether the program that the pattern pipes to can be run; nil where it pipes to none.
  package var handlerIsExecutable: Bool?
  /// `Storage=` of systemd-coredump's configuration, where it is set.
  package var systemdStorage: String?
  /// `/proc/sys/fs/suid_dumpable`.
  package var setUserIDDumpable: Int?
  /// `/proc/self/coredump_filter` (core(5)).
  package var filter: UInt64?
  /// What tells that this is a container: "/.dockerenv"; nil where nothing does.
  package var container: String?

  package enum FolderState: String, Sendable {
    case writable
    case notWritable
    case missing
  }

  package init(
    softLimit: UInt64? = .max, hardLimit: UInt64? = .max, pattern: CorePattern? = nil, folder: FolderState = .writable,
    handlerIsExecutable: Bool? = nil, systemdStorage: String? = nil, setUserIDDumpable: Int? = 0,
    filter: UInt64? = 0x33, container: String? = nil
  ) {
    self.softLimit = softLimit
    self.hardLimit = hardLimit
    self.pattern = pattern
    self.folder = folder
    self.handlerIsExecutable = handlerIsExecutable
    self.systemdStorage = systemdStorage
    self.setUserIDDumpable = setUserIDDumpable
    self.filter = filter
    self.container = container
  }

  /// The facts of this host, as this process sees them.
  package static func gather() -> CoreDumpFacts {
    var facts = CoreDumpFacts()
    var soft: UInt64 = 0
    var hard: UInt64 = 0
    let known = unsafe inquest_core_limit(&soft, &hard) == 0
    facts.softLimit = known ? soft : nil
    facts.hardLimit = known ? hard : nil
    facts.pattern = CorePattern.ofThisHost()
    facts.folder = state(of: facts.pattern?.fixedFolder ?? ".")
    if case .pipe(let program)? = facts.pattern?.kind { facts.handlerIsExecutable = HostFiles.isExecutable(program) }
    facts.systemdStorage = systemdStorage()
    facts.setUserIDDumpable = HostFiles.line("/proc/sys/fs/suid_dumpable").flatMap { Int($0) }
    facts.filter = HostFiles.line("/proc/self/coredump_filter").flatMap { UInt64($0, radix: 16) }
    facts.container = ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"].first {
      HostFiles.status($0) != nil
    }
    return facts
  }

  private static func state(of folder: String) -> FolderState {
    guard let status = HostFiles.status(folder), status.isFolder else { return .missing }
    return HostFiles.isWritable(folder) ? .writable : .notWritable
  }

  private static func systemdStorage() -> String? {
    HostFiles.lines("/etc/systemd/coredump.conf").last { $0.hasPrefix("Storage=") }
      .map { String($0.dropFirst("Storage=".count)) }
  }
}

extension CorePattern {
  /// The pattern of the running kernel; nil where `/proc` does not tell it.
  package static func ofThisHost() -> CorePattern? {
    guard let text = HostFiles.line("/proc/sys/kernel/core_pattern") else { return nil }
    return CorePattern(text, addsPID: HostFiles.line("/proc/sys/kernel/core_uses_pid") == "1")
  }
}
