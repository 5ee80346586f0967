internal import Processes

/// Children that this process had before it traced anybody: those of a shell that became this process by exec, as of
/// `inquest run -- make 2> >(tee log)`. The kernel tells of their ends as it does of tracees', and as long as one lives,
/// never says that there is nobody left to wait for. Such a one may itself wait for our end.
struct InheritedChildren {
  private var processes: Set<Int32> = []

  var isEmpty: Bool { processes.isEmpty }

  /// Those that there are now.
  init() {
    for thread in ProcFile.numbers(in: "/proc/self/task") {
      let list = ProcFile.text("/proc/self/task/\(thread)/children") ?? ""
      processes.formUnion(list.split(separator: " ").compactMap { Int32($0) })
    }
  }

  /// Whether an end that the kernel told of was that of one of them, which is none any more.
  mutating func hasEnded(_ process: Int32) -> Bool { processes.remove(process) != nil }

  /// Whether this thread traces a process of which nothing has been heard yet: one whose creator has ended already.
  static var isAnybodyTraced: Bool {
    guard let own = ProcFile.link("/proc/thread-self")?.split(separator: "/").last.flatMap({ Int32($0) }) else {
      return true
    }
    return ProcFile.numbers(in: "/proc").contains { ThreadFacts(of: $0)?.tracer == own }
  }
}
