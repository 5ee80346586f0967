internal import Processes

/// Which pipes and socket pairs were made by processes that are looked at, so that only these and their descendants can have
/// them.
///
/// A descriptor is inherited, or sent through a unix socket (SCM_RIGHTS). One that a topmost process, whose parent is not
/// looked at, may have inherited, was perhaps made by others: the parent has it too, or it is one of the standard streams,
/// which a shell has closed by then. And where a socket leads out, anything may have gone through it. What is not covered:
/// a socket that led out and was closed again, and others that took a descriptor by themselves (pidfd_getfd(2), `/proc`).
struct FileOrigins {
  private var inherited: Set<String> = []
  private let peers: [UInt64: UInt64]
  /// Whether nothing can be said.
  private var isUnknown = false

  init(_ tables: [Int32: DescriptorTable], peers: [UInt64: UInt64]) {
    self.peers = peers
    var targets: Set<String> = []
    for table in tables.values { targets.formUnion(table.entries.values) }
    let namespace = ProcFile.link("/proc/self/ns/net")
    for (process, table) in tables {
      // Of another network's sockets nobody tells here where they lead.
      if namespace == nil || ProcFile.link("/proc/\(process)/ns/net") != namespace { isUnknown = true }
      guard let parent = ProcessFacts.ofProcess(process)?.parent else {
        isUnknown = true
        continue
      }
      guard tables[parent] == nil else { continue }
      let own = DescriptorTable(of: parent)
      if !own.isComplete { isUnknown = true }
      inherited.formUnion(own.entries.values)
      for descriptor: Int32 in 0...2 {
        if let target = table.entries[descriptor] { inherited.insert(target) }
      }
    }
    // One that was left open by whoever began all this is nobody's way out.
    for target in targets where !inherited.contains(target) {
      if let peer = peer(of: target), !targets.contains(peer) { isUnknown = true }
    }
  }

  /// Whether a pipe, a socket or an eventfd, and its other end, were made by a process that is looked at.
  func isWithin(_ target: String) -> Bool {
    // One with a path anybody may open.
    guard !isUnknown, ["pipe:[", "socket:[", "eventfd:["].contains(where: target.hasPrefix) else { return false }
    return !inherited.contains(target) && peer(of: target).map { !inherited.contains($0) } ?? true
  }

  private func peer(of target: String) -> String? {
    guard target.hasPrefix("socket:["), let inode = UInt64(target.dropFirst(8).dropLast()) else { return nil }
    return peers[inode].map { "socket:[\($0)]" }
  }
}
