/// A lock or thread that is waited for, as reports show it.
package struct WaitedLock: Sendable {
  /// The address in the target.
  package let address: UInt64
  /// "pthread mutex (recursive): its lock word is 0x2 (locked, with waiters), its owner thread 12".
  package let text: String
  /// Whether it is a thread that is joined.
  package let isThread: Bool
}

extension WaitGraph {
  /// The object in memory that a wait is for; nil for descriptors, time and the like.
  package func lock(of wait: ThreadWait) -> WaitedLock? {
    wait.object.map { object in
      WaitedLock(
        address: object.address, text: object.name + (object.state.isEmpty ? "" : ": " + object.state),
        isThread: object.kind == "thread")
    }
  }

  /// "waits for mutex 0x55d0c0a01040 (registry_lock), held by thread 4712".
  package func sentence(_ wait: ThreadWait) -> String {
    guard let object = wait.object else { return wait.text }
    var text = wait.text
    if object.kind == "thread" {
      if let joined = object.owner, joined > 0, !records.isAlive(joined) { text += ", which is gone" }
      return text
    }
    if let name = name(of: object.address), let range = text.range(of: hex(object.address)) {
      text.insert(contentsOf: " (\(name))", at: range.upperBound)
    }
    if let holder = holder(of: wait) {
      let isGone = !records.isAlive(holder.tid)
      text +=
        holder.tid == wait.tid
        ? ", which it \(holder.isRead ? "holds" : "seems to hold") itself"
        : ", \(holder.isRead ? "held" : "probably held") by thread \(holder.tid)\(isGone ? mayBeHeldElsewhere(wait) ? ", which is none of this process's" : ", which is gone" : "")"
    }
    return text
  }
}

extension String {
  /// Where `part` first stands; nil where it does not.
  fileprivate func range(of part: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(part), let end = index(start, offsetBy: part.count, limitedBy: endIndex) {
        return start..<end
      }
      start = index(after: start)
    }
    return nil
  }
}
