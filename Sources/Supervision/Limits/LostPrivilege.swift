internal import CLinux
internal import Processes

/// What a program's file gives to whoever executes it, and what this process did not get: the kernel gives nothing to who
/// is traced by somebody without CAP_SYS_PTRACE (execve(2), "Set-user-ID programs"; `cap_bprm_creds_from_file` in
/// security/commoncap.c).
///
/// Only what nothing else explains: not a file system that gives nothing, `no_new_privs`, or a user namespace.
enum LostPrivilege: Equatable {
  case user(UInt32)
  case group(UInt32)
  case capabilities

  /// nil where nothing was lost.
  ///
  /// - Parameters:
  ///   - file: what its file gives.
  ///   - status: its `/proc/PID/status`, after it has executed that file.
  init?(file: inquest_privileges, status: String) {
    guard file.is_nosuid == 0, let facts = ProcessFacts(status: status), facts.users.count > 1, facts.groups.count > 1
    else { return nil }
    let lines = status.split(separator: "\n")
    func word(_ key: String) -> Substring? {
      lines.first { $0.hasPrefix(key) }?.split(whereSeparator: \.isWhitespace).dropFirst().first
    }
    func set(_ key: String) -> UInt64 { word(key).flatMap { UInt64($0, radix: 16) } ?? 0 }
    guard word("NoNewPrivs:") != "1" else { return nil }
    // S_ISUID; S_ISGID with S_IXGRP, without which it means something else.
    if file.mode & 0o4000 != 0, file.user != Self.unmapped, facts.users[1] != file.user {
      self = .user(file.user)
    } else if file.mode & 0o2010 == 0o2010, file.group != Self.unmapped, facts.groups[1] != file.group {
      self = .group(file.group)
    } else if file.capabilities & set("CapBnd:") & ~set("CapPrm:") != 0 {
      self = .capabilities
    } else {
      return nil
    }
  }

  /// Asks the host about a process that has just executed a program.
  init?(of process: Int32) {
    var file = inquest_privileges()
    guard unsafe inquest_privileges_of("/proc/\(process)/exe", &file) == 0,
      file.mode & 0o6000 != 0 || file.capabilities != 0,
      ProcFile.link("/proc/self/ns/user") == ProcFile.link("/proc/\(process)/ns/user"),
      let status = ProcFile.text("/proc/\(process)/status")
    else { return nil }
    self.init(file: file, status: status)
  }

  /// Who stands for all that a user namespace does not know (/proc/sys/kernel/overflowuid).
  private static let unmapped: UInt32 = 65534

  /// "set-uid root".
  var words: String {
    switch self {
    case .user(0): "set-uid root"
    case .user(let user): "set-uid to user \(user)"
    case .group(let group): "set-gid to group \(group)"
    case .capabilities: "capabilities of its file"
    }
  }
}
