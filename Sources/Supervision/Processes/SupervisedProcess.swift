internal import Processes

/// A process of the tree.
struct SupervisedProcess {
  let pid: Int32
  /// Who made it; 0 for the program itself.
  let parent: Int32
  /// The name of the program that it runs, at most 15 bytes; that of its maker until it executes one.
  var name: String
  var threads: Set<Int32>
  /// Whether the functions that the ledger watches have breakpoints in it.
  var isWatched = false
  init(pid: Int32, parent: Int32, name: String) {
    self.pid = pid
    self.parent = parent
    self.name = name
    threads = [pid]
  }

  static func name(of pid: Int32) -> String { ProcFile.line("/proc/\(pid)/comm") ?? "process \(pid)" }
}

/// Which children are followed, by the name of the program that they execute: a pattern of a shell, `*` and `?`.
package struct FollowPattern: Sendable {
  private let pattern: [UInt8]

  package init(_ text: String) { pattern = Array(text.utf8) }

  /// Whether the last component of a path matches.
  package func matches(_ path: String) -> Bool {
    let name = Array((path.split(separator: "/").last.map(String.init) ?? path).utf8)
    var (p, n) = (0, 0)
    var star: (p: Int, n: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
        star = (p + 1, n)
        p += 1
      } else if p < pattern.count, pattern[p] == name[n] || pattern[p] == UInt8(ascii: "?") {
        (p, n) = (p + 1, n + 1)
      } else if let back = star {
        // The star takes one more.
        star = (back.p, back.n + 1)
        (p, n) = (back.p, back.n + 1)
      } else {
        return false
      }
    }
    while p < pattern.count, pattern[p] == UInt8(ascii: "*") { p += 1 }
    return p == pattern.count
  }
}
