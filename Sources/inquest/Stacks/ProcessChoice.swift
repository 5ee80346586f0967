import ArgumentParser
import CLinux
import Processes

/// Which processes a user means.
enum ProcessChoice {
  /// Those with the ids, and those with the names, each once.
  ///
  /// - Throws: `ExitStatus.notFound` where a name is nobody's, after it has said so.
  static func processes(_ ids: [Int32], _ names: [String]) throws -> [Int32] {
    var chosen: [Int32] = []
    // The id of a thread stands for its process.
    for id in ids { add(ProcessFacts.ofProcess(id)?.process ?? id, to: &chosen) }
    for name in names {
      let found = all(named: name)
      if found.isEmpty {
        StandardStreams.complain("no process is called \(name)")
        throw ExitStatus.notFound
      }
      for process in found { add(process, to: &chosen) }
    }
    return chosen
  }

  private static func add(_ process: Int32, to chosen: inout [Int32]) {
    if !chosen.contains(process) { chosen.append(process) }
  }

  /// All processes but ourselves whose program's file, first argument or main thread is called `name`.
  private static func all(named name: String) -> [Int32] {
    ProcFile.numbers(in: "/proc").filter { process in
      guard process != inquest_process(), let facts = ProcessFacts.ofProcess(process), !facts.isKernelThread,
        facts.state != "Z"
      else { return false }
      if facts.name == name { return true }
      let program = ProcFile.link("/proc/\(process)/exe").map(plain)
      let first = ProcFile.text("/proc/\(process)/cmdline")?.split(separator: "\0").first.map(String.init)
      return program == name || first.map(plain) == name
    }
  }

  /// A path's last component, without the kernel's " (deleted)".
  private static func plain(_ path: String) -> String {
    let whole = path.hasSuffix(" (deleted)") ? String(path.dropLast(10)) : path
    return whole.split(separator: "/").last.map(String.init) ?? whole
  }
}
