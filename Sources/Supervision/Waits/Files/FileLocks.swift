internal import Processes

/// The locks of files that processes hold: `/proc/locks` (proc_locks(5)).
struct FileLocks {
  private var byInode: [UInt64: [(isRecord: Bool, process: Int32)]] = [:]

  init() { self.init(text: ProcFile.text("/proc/locks") ?? "") }

  /// "1: POSIX ADVISORY WRITE 4711 08:01:1234 0 EOF"; a line with an arrow is of one who waits.
  init(text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count >= 6, words[1] != "->", let process = Int32(words[4]),
        let inode = words[5].split(separator: ":").last.flatMap({ UInt64($0) })
      else { continue }
      byInode[inode, default: []].append((words[1] == "POSIX", process))
    }
  }

  /// Who holds a lock of a file. A lock of an open file, which has no owner, counts as held by -1.
  func holders(inode: UInt64, records: Bool) -> [Int32] {
    (byInode[inode] ?? []).filter { $0.isRecord == records || !$0.isRecord && $0.process == -1 }.map(\.process)
  }
}
