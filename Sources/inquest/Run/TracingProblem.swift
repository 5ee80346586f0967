import CLinux
import Processes
import Reporting

/// Says why nothing can be traced here, and the flag that allows it.
enum TracingProblem {
  /// - Parameter errno: what PTRACE_SEIZE of our own child failed with.
  static func text(errno: Int32) -> String {
    let isContainer = SamePath.exists("/.dockerenv") || SamePath.exists("/run/.containerenv")
    let runtime = SamePath.exists("/run/.containerenv") ? "podman run" : "docker run"
    let prefix = "programs cannot be traced here"
    switch TraceRefusal(inquest_own_pid(), errno: errno) {
    case .forbiddenCall where isContainer:
      return
        "\(prefix): the container's seccomp filter forbids ptrace; start it with `\(runtime) --cap-add=SYS_PTRACE`, "
        + "or with `--security-opt seccomp=unconfined`"
    case .forbiddenCall:
      return "\(prefix): a seccomp filter forbids ptrace; in a container, `docker run --cap-add=SYS_PTRACE` or "
        + "`--security-opt seccomp=unconfined` allows it"
    case .scope(let scope):
      return "\(prefix): kernel.yama.ptrace_scope is \(scope)"
        + (scope >= 3
          ? ", which forbids it to everybody until the next boot"
          : scope == 2
            ? ", which allows it to administrators only: run inquest with CAP_SYS_PTRACE (docker, podman: "
              + "--cap-add=SYS_PTRACE), or `sudo sysctl kernel.yama.ptrace_scope=1`"
            : ": `sudo sysctl kernel.yama.ptrace_scope=0` allows it")
    case .traced(let tracer, let name):
      return "\(prefix): \(name.map { "\($0) (process \(tracer))" } ?? "process \(tracer)") traces inquest itself"
    default:
      let hint = errno == 11 ? " (is there a limit on processes? `ulimit -u`, pids.max)" : ""
      return "\(prefix): \(SystemErrors.text(errno))\(hint)"
    }
  }
}
