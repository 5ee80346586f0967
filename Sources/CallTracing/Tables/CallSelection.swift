package import SystemCalls

/// Which system calls are watched: what `--calls` says.
package enum CallSelection {
  /// A word that means nothing.
  package struct Unknown: Error, Equatable {
    package let word: String
  }

  /// The names of the sets.
  package static let sets = ["%file", "%desc", "%network", "%process", "%memory", "%signal", "%thread"]

  /// The numbers of calls that a list of names, patterns and sets means; one that begins with `!` takes away, from all
  /// calls where the list begins with it.
  ///
  /// - Throws: ``Unknown`` for a word that no call of this architecture fits.
  package static func numbers(_ text: String, _ table: CallTable) throws(Unknown) -> Set<Int> {
    let all = table.all
    var result: Set<Int> = []
    for (index, word) in text.split(separator: ",").enumerated() {
      let isNegative = word.hasPrefix("!")
      let name = String(isNegative ? word.dropFirst() : word)
      if isNegative && index == 0 { result = Set(all.map(\.number)) }
      let meant = numbers(of: name, all)
      // open and its like are asked for by people who mean their successors, too; but what none has is a mistake.
      guard !meant.isEmpty || elsewhere(name) else { throw Unknown(word: name) }
      if isNegative { result.subtract(meant) } else { result.formUnion(meant) }
    }
    return result
  }

  private static func numbers(of name: String, _ all: [(number: Int, signature: CallSignature)]) -> Set<Int> {
    if name == "all" { return Set(all.map(\.number)) }
    if name.hasPrefix("%") { return Set(all.filter { isMember($0.signature, of: name) }.map(\.number)) }
    let pattern = NamePattern(name)
    return Set(all.filter { pattern.matches($0.signature.name) }.map(\.number))
  }

  /// Whether another architecture has a call of that name.
  private static func elsewhere(_ name: String) -> Bool {
    CallTable.x86_64.number(of: name) != nil || CallTable.aarch64.number(of: name) != nil
  }

  private static let processCalls: Set<String> = [
    "clone", "clone3", "fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "unshare",
    "setns", "pidfd_open", "kill", "ptrace", "setsid", "setpgid",
  ]
  private static let threadCalls: Set<String> = [
    "clone", "clone3", "exit", "gettid", "tgkill", "tkill", "membarrier", "unshare",
  ]
  private static let memoryOutside: Set<String> = [
    "process_madvise", "process_vm_readv", "process_vm_writev", "memfd_create",
  ]

  private static func isMember(_ call: CallSignature, of set: String) -> Bool {
    switch set {
    case "%file": call.takesPath || call.name == "getcwd" || call.name == "fchdir"
    case "%desc": call.usesDescriptor
    case "%network": call.section == .network
    case "%process": processCalls.contains(call.name)
    case "%memory": call.section == .memory || memoryOutside.contains(call.name)
    case "%signal": call.section == .signal
    case "%thread": call.section == .thread || threadCalls.contains(call.name)
    default: false
    }
  }
}
