/// Who was joined or detached, and how that failed.
extension ThreadLedger {
  /// What a call that joins or detaches is about to meet.
  package enum Prospect: Equatable, Sendable {
    /// A thread that can be joined and that nobody has joined: the call succeeds.
    case plain
    /// Its result must be waited for: it may fail.
    case doubtful
  }

  /// What is to be expected of joining a handle. Nothing is recorded.
  package func prospect(ofJoining handle: UInt64, by thread: Int32, in pid: Int32) -> Prospect {
    guard let index = find(handle, in: pid), records[index].standing == .joinable, records[index].thread != thread
    else { return .doubtful }
    // Two that join each other: the second is refused (EDEADLK).
    if let own = living[thread], records[own].joiner == records[index].thread { return .doubtful }
    return .plain
  }

  /// A join that should succeed has begun.
  package mutating func join(_ handle: UInt64, by thread: Int32, in pid: Int32) {
    guard let index = find(handle, in: pid) else { return }
    stand(index, .joining)
    records[index].joiner = thread
  }

  /// A detach that should succeed.
  package mutating func detach(_ handle: UInt64, in pid: Int32) {
    guard let index = find(handle, in: pid) else { return }
    stand(index, .detached)
  }

  private mutating func stand(_ index: Int, _ standing: LedgerRecord.Standing) {
    let process = Int(records[index].process)
    if records[index].standing == .joinable { processes[process].outstandingCount -= 1 }
    if standing == .joinable { processes[process].outstandingCount += 1 }
    records[index].standing = standing
  }

  /// Whether a process has more than one thread that somebody may join: who joins the last may be about to end.
  package func hasMoreToJoin(_ pid: Int32) -> Bool {
    processIndices[pid].map { processes[$0].outstandingCount > 1 } ?? false
  }

  /// A call that began by ``join(_:by:in:)`` or ``detach(_:in:)`` and came back.
  package mutating func settled(_ call: LedgerCall, _ result: Int32, at time: UInt32) {
    guard let index = find(call.handle, in: call.process), isOf(call, index) else { return }
    guard result != 0 else {
      if call.kind == .join {
        processes[Int(records[index].process)].joinCount += 1
        stand(index, .joined)
      }
      return
    }
    records[index].joiner = 0
    stand(index, .joinable)
    if call.kind == .join, [Self.busy, Self.timedOut, Self.interrupted].contains(result) { return }
    note(call, result, records[index], time)
    stand(index, .refused)
  }

  /// A call whose result cannot be seen.
  package mutating func unseen(_ call: LedgerCall) {
    guard let index = find(call.handle, in: call.process) else { return }
    if Self.mayBeJoined.contains(records[index].standing) { stand(index, .unseen) }
  }

  /// Such a call was left by a jump, or its thread has ended within it.
  package mutating func abandoned(_ call: LedgerCall) {
    if let index = find(call.handle, in: call.process), isOf(call, index) { stand(index, .unseen) }
  }

  /// Such a call was left, or refused, and the thread has been joined by nobody.
  package mutating func failed(_ call: LedgerCall) {
    guard let index = find(call.handle, in: call.process), isOf(call, index) else { return }
    stand(index, .joinable)
    records[index].joiner = 0
  }

  /// Who has begun to join a handle, and was not seen to be through.
  package func joiner(of handle: UInt64, in pid: Int32) -> Int32? {
    guard let index = find(handle, in: pid), records[index].standing == .joining else { return nil }
    return records[index].joiner
  }

  /// Whether the thread that a call is about ended by itself, and was seen to, or some time before.
  package func hasEnded(_ call: LedgerCall, by time: UInt32) -> Bool {
    guard let index = find(call.handle, in: call.process) else { return false }
    let record = records[index]
    return record.ended != 0 && (record.isEndSeen || record.ended &+ Self.lastMoment < time)
  }

  private func isOf(_ call: LedgerCall, _ index: Int) -> Bool {
    call.kind == .join
      ? records[index].standing == .joining && records[index].joiner == call.thread
      : records[index].standing == .detached
  }

  /// A join or detach whose result was waited for has returned.
  ///
  /// - Parameter before: what was known of the thread when the call began; nil where it never existed.
  package mutating func returned(_ call: LedgerCall, _ result: Int32, at time: UInt32) {
    let index = find(call.handle, in: call.process)
    let leader = processIndices[call.process].flatMap {
      leaders[HandleKey(process: UInt32($0), handle: call.handle)]
    }
    let before = index.map { records[$0] } ?? leader
    if result == 0 {
      if let index {
        switch call.kind {
        case .join:
          if !Self.mayBeJoined.contains(records[index].standing) { note(call, result, before, time) }
          stand(index, .joined)
          records[index].joiner = call.thread
          processes[Int(records[index].process)].joinCount += 1
        case .detach:
          if !Self.mayBeJoined.contains(records[index].standing) { note(call, result, before, time) }
          stand(index, .detached)
        }
      }
      return
    }
    // A try that came too early (EBUSY), or whose time was over (ETIMEDOUT), is an answer and no failure.
    if call.kind == .join, [Self.busy, Self.timedOut, Self.interrupted].contains(result) { return }
    note(call, result, before, time)
  }

  private static let mayBeJoined: Set<LedgerRecord.Standing> = [.joinable, .joining, .untold, .unseen, .refused]
  private static let (busy, timedOut, interrupted): (Int32, Int32, Int32) = (16, 110, 4)
  /// What a join is refused with while another one waits for the same thread.
  static let invalid: Int32 = 22

  private mutating func note(_ call: LedgerCall, _ result: Int32, _ before: LedgerRecord?, _ time: UInt32) {
    let process = processIndices[call.process] ?? 0
    var trouble = LedgerTrouble(kind: .call(call, result: result, before: before), process: process, at: time)
    trouble.joinsBefore = processes.indices.contains(process) ? processes[process].joinCount : 0
    add(trouble)
  }

  /// `pthread_create` failed.
  package mutating func creationFailed(_ failure: CreationFailure, in pid: Int32, at time: UInt32) {
    add(LedgerTrouble(kind: .creation(failure), process: processIndices[pid] ?? 0, at: time))
  }

  private mutating func add(_ trouble: LedgerTrouble) {
    // The same again is counted with the first.
    if let same = troubles.firstIndex(where: { $0.isLike(trouble) }) {
      troubles[same].count += 1
    } else if troubles.count < Self.mostTroubles {
      troubles.append(trouble)
    } else {
      troublesLeftOut += 1
    }
  }
}
