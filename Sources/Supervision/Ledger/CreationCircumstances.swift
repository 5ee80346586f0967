internal import CLinux
internal import Processes

/// What a process had of everything that pthread_create can run out of, when it failed.
package struct CreationCircumstances: Sendable, Equatable {
  /// How many mappings it had, and how many it may have (`vm.max_map_count`).
  package var mappings = 0
  package var mostMappings: Int?
  /// Threads of the whole system, and `kernel.threads-max`.
  package var mostThreads: Int?
  /// RLIMIT_NPROC; nil for no limit.
  package var mostProcesses: Int?
  /// `pids.current` and `pids.max` of its control group, or of the one above it that is full.
  package var groupThreads: Int?
  package var mostGroupThreads: Int?
  /// Its address space, and RLIMIT_AS, in bytes.
  package var addressSpace: UInt64 = 0
  package var mostAddressSpace: UInt64?
  /// Its threads: living, and ended and not joined.
  package var living = 0
  package var notJoined = 0

  /// The stack that it asked for, in bytes; nil where it left that to libc.
  package var stackSize: UInt64?

  package init() {}

  /// As `/proc` tells of a process that stands still.
  init(of process: Int32) {
    if let maps = ProcFile.text("/proc/\(process)/maps") {
      mappings = maps.utf8.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
    }
    mostMappings = ProcFile.line("/proc/sys/vm/max_map_count").flatMap { Int($0) }
    mostThreads = ProcFile.line("/proc/sys/kernel/threads-max").flatMap { Int($0) }
    for line in (ProcFile.text("/proc/\(process)/limits") ?? "").split(separator: "\n") {
      if line.hasPrefix("Max processes") { mostProcesses = Self.softLimit(line, after: 13).map { Int(clamping: $0) } }
      if line.hasPrefix("Max address space") { mostAddressSpace = Self.softLimit(line, after: 17) }
    }
    for line in (ProcFile.text("/proc/\(process)/status") ?? "").split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "\t" }
      if line.hasPrefix("VmSize:"), words.count > 1 { addressSpace = (UInt64(words[1]) ?? 0) &* 1024 }
      if line.hasPrefix("Threads:"), words.count > 1 { living = Int(words[1]) ?? 0 }
    }
    readGroup(process)
  }

  private static func softLimit(_ line: Substring, after: Int) -> UInt64? {
    line.dropFirst(after).split(separator: " ").first.flatMap { UInt64($0) }
  }

  /// The control group with the fewest left, from the process's own up (cgroup v2; v1's pids hierarchy).
  private mutating func readGroup(_ process: Int32) {
    for line in (ProcFile.text("/proc/\(process)/cgroup") ?? "").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[1].isEmpty || parts[1].split(separator: ",").contains("pids") else { continue }
      let root = parts[1].isEmpty ? "/sys/fs/cgroup" : "/sys/fs/cgroup/pids"
      var path = String(parts[2])
      while true {
        if let most = ProcFile.line(root + path + "/pids.max").flatMap({ Int($0) }),
          let now = ProcFile.line(root + path + "/pids.current").flatMap({ Int($0) }),
          mostGroupThreads.map({ most - now < $0 - (groupThreads ?? 0) }) ?? true
        {
          (groupThreads, mostGroupThreads) = (now, most)
        }
        guard let slash = path.lastIndex(of: "/"), path != "/" else { break }
        path = String(path[..<slash])
        if path.isEmpty { break }
      }
    }
  }
}
