import ArgumentParser
import Guarding
import Reporting

/// Says why a program cannot be guarded.
enum GuardProblem {
  /// - Parameter command: as it was typed.
  static func text(_ problem: GuardedProgram.Problem, command: String) -> String {
    switch problem {
    case .notFound: "cannot run \(command): there is no such command"
    case .notExecutable(let errno): "cannot run \(command): \(SystemErrors.text(errno))"
    case .isStatic(let file):
      "cannot guard \(file): it is linked statically; without a dynamic linker nothing can be loaded into it"
    case .isPrivileged(let file, let privilege):
      "cannot guard \(file): it runs with \(name(privilege)), and the dynamic linker loads nothing that a user names "
        + "into such a program"
    case .isForeign(let file): "cannot guard \(file): it is no 64-bit program of this machine's architecture"
    }
  }

  /// As env(1) has it: 127 where there is none, 126 where there is one that cannot be executed.
  static func status(_ problem: GuardedProgram.Problem) -> ExitCode {
    switch problem {
    case .notFound: ExitCode(127)
    case .notExecutable: ExitCode(126)
    case .isStatic, .isPrivileged, .isForeign: ExitCode(125)
    }
  }

  /// The folders that were tried, each with what it lacks.
  static func text(_ failure: GuardFile.Failure) -> String {
    "there is no place for the library that is loaded into programs: "
      + failure.tried.map { "\($0.folder): \(text($0.reason))" }.joined(separator: "; ")
  }

  private static func text(_ reason: GuardFile.Reason) -> String {
    switch reason {
    case .separatorInName: "LD_PRELOAD cannot name it, for its colon or space"
    case .notPrivate: "it is another user's, or others may write to it"
    case .forbidsCode: "its file system is mounted with noexec"
    case .failed(let errno): SystemErrors.text(errno)
    }
  }

  private static func name(_ privilege: GuardedProgram.Privilege) -> String {
    switch privilege {
    case .user: "its owner's privilege (set-uid)"
    case .group: "its group's privilege (set-gid)"
    case .capabilities: "capabilities of its file"
    }
  }
}
