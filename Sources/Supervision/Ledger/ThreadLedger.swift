/// Every thread that ever lived: who made it and where, how it ended, who joined it.
///
/// A value without system calls: what was seen of the program goes in, what went wrong comes out. Times are milliseconds
/// since the program began.
package struct ThreadLedger {
  private(set) var records = LedgerRecords()
  /// By `pthread_t`, the last thread of each process that had it, living or not.
  private var byHandle: [HandleKey: Int] = [:]
  private var leaders: [HandleKey: LedgerRecord] = [:]
  /// Those that live, by kernel id.
  private var living: [Int32: Int] = [:]
  package private(set) var processes: [LedgerProcess] = []
  private var processIndices: [Int32: Int] = [:]
  package private(set) var sites: [CreationSite] = [CreationSite(key: .init(process: 0, returnAddress: 0, routine: 0))]
  private var siteIndices: [CreationSite.Key: Int] = [:]
  private var names: [String] = [""]
  private var nameIndices: [String: Int] = ["": 0]
  package private(set) var troubles: [LedgerTrouble] = []
  /// How many troubles were left out, since there were more than anybody reads.
  package private(set) var troublesLeftOut = 0

  private struct HandleKey: Hashable {
    let process: UInt32
    let handle: UInt64
  }

  /// More than these are counted, not kept.
  private static let mostTroubles = 256
  private static let mostNames = 4096
  private static let mostSites = 65_536

  package init() {}

  package var threadCount: Int { records.count }
  package func record(_ index: Int) -> LedgerRecord { records[index] }
  package func process(of record: LedgerRecord) -> LedgerProcess { processes[Int(record.process)] }
  package func name(of record: LedgerRecord) -> String { names[Int(record.name)] }
  package var livingCount: Int { living.count }

  // MARK: Processes

  /// A process began, or began to run another program.
  package mutating func processBegan(_ pid: Int32, name: String, at time: UInt32) {
    processIndices[pid] = processes.count
    processes.append(LedgerProcess(pid: pid, name: name, began: time))
  }

  package mutating func named(_ pid: Int32, _ name: String) {
    if let index = processIndices[pid] { processes[index].name = name }
  }

  /// All threads of a process that live end now; its handles mean nothing any more.
  package mutating func processEnded(_ pid: Int32, at time: UInt32, _ ending: LedgerRecord.Ending = .withProcess) {
    guard let index = processIndices.removeValue(forKey: pid) else { return }
    processes[index].ended = time
    guard processes[index].threadCount > 0 else { return }
    for (thread, record) in living where records[record].process == UInt32(index) {
      end(record, thread, ending, time)
    }
    for (key, record) in byHandle where key.process == UInt32(index) { settle(record, at: time, ending) }
    byHandle = byHandle.filter { $0.key.process != UInt32(index) }
    leaders = leaders.filter { $0.key.process != UInt32(index) }
  }

  /// Counts a thread that nobody joined, now that nobody can any more.
  private mutating func settle(_ index: Int, at time: UInt32, _ ending: LedgerRecord.Ending) {
    let record = records[index]
    guard record.standing == .joinable,
      [.returned, .calledExit, .cancelled, .withoutLibrary].contains(record.ending)
    else { return }
    // The kernel reports a thread that ends with its process no otherwise than one that ends by itself. Where libc says
    // nothing, it is told only where the process was seen to go on.
    let wentOn = processes[Int(record.process)].lastSeen > record.ended &+ Self.longMoment
    guard record.isEndSeen || wentOn, time &- record.ended > Self.lastMoment else {
      records[index].ending = ending
      return
    }
    sites[Int(record.site)].neverJoined += 1
    if !record.isEndSeen { sites[Int(record.site)].unsure += 1 }
    sites[Int(record.site)].example = index
  }

  /// In milliseconds.
  private static let (lastMoment, longMoment): (UInt32, UInt32) = (20, 100)

  /// A thread of a process did something, other than to end.
  package mutating func seen(_ pid: Int32, at time: UInt32) {
    if let index = processIndices[pid] { processes[index].lastSeen = time }
  }

  /// Functions that cannot be watched in a process: nothing is proved by their not being called.
  package mutating func cannotWatch(_ functions: [String], in pid: Int32) {
    if let index = processIndices[pid], !functions.isEmpty { processes[index].unwatched = functions }
  }

  // MARK: Births and ends

  /// Where a thread is made: the index of the site, new or known; nil where there are too many.
  package mutating func site(_ key: CreationSite.Key, make: () -> CreationSite) -> Int? {
    if let known = siteIndices[key] { return known }
    guard sites.count < Self.mostSites else { return nil }
    siteIndices[key] = sites.count
    sites.append(make())
    return sites.count - 1
  }

  package func isKnown(_ key: CreationSite.Key) -> Bool { siteIndices[key] != nil }

  /// A thread was made.
  ///
  /// - Parameters:
  ///   - handle: its `pthread_t`; 0 where libc did not make it.
  ///   - isDetached: whether it was made so; nil where that is not known.
  package mutating func born(
    _ thread: Int32, in pid: Int32, by creator: Int32, handle: UInt64, site: Int, isDetached: Bool?, at time: UInt32
  ) {
    guard let process = processIndices[pid] else { return }
    if let former = living[thread] { end(former, thread, .unknown, time) }
    let standing: LedgerRecord.Standing =
      handle == 0 ? .foreign : isDetached.map { $0 ? .detached : .joinable } ?? .untold
    let index = records.append(
      LedgerRecord(
        thread: thread, process: UInt32(process), creator: creator, joiner: 0, handle: handle, site: UInt32(site),
        name: 0, born: time, ended: 0, ending: .lives, standing: standing))
    living[thread] = index
    processes[process].threadCount += 1
    if standing == .joinable { processes[process].outstandingCount += 1 }
    processes[process].lastSeen = time
    if handle != 0 { byHandle[HandleKey(process: UInt32(process), handle: handle)] = index }
    sites[site].threadCount += 1
  }

  /// The first thread of a process: nobody made it, and nobody need join it.
  package mutating func adoptLeader(_ thread: Int32, in pid: Int32, handle: UInt64) {
    guard let process = processIndices[pid] else { return }
    leaders[HandleKey(process: UInt32(process), handle: handle)] = LedgerRecord(
      thread: thread, process: UInt32(process), creator: 0, joiner: 0, handle: handle, site: 0, name: 0,
      born: processes[process].began, ended: 0, ending: .lives, standing: .foreign)
  }

  package mutating func ended(_ thread: Int32, _ ending: LedgerRecord.Ending, at time: UInt32) {
    guard let index = living[thread] else { return }
    let known = records[index].ending
    let isKnown = known == .calledExit && ending == .returned || known != .lives && ending == .unknown
    end(index, thread, isKnown ? known : ending, time)
  }

  /// libc's own record says that a thread is about to end by itself.
  package mutating func willEndByItself(_ thread: Int32) {
    if let index = living[thread] { records[index].isEndSeen = true }
  }

  /// It is about to end in this way.
  package mutating func willEnd(_ thread: Int32, _ ending: LedgerRecord.Ending) {
    if let index = living[thread] { records[index].ending = ending }
  }

  private mutating func end(_ index: Int, _ thread: Int32, _ ending: LedgerRecord.Ending, _ time: UInt32) {
    living[thread] = nil
    records[index].ended = max(time, 1)
    records[index].ending = ending
  }

  package mutating func setName(_ name: String, handle: UInt64, in pid: Int32) {
    guard let index = find(handle, in: pid) else { return }
    let place: Int
    if let known = nameIndices[name] {
      place = known
    } else {
      guard names.count < Self.mostNames else { return }
      place = names.count
      names.append(name)
      nameIndices[name] = place
    }
    records[index].name = UInt32(place)
  }

  /// The last thread of a process that had a handle.
  package func find(_ handle: UInt64, in pid: Int32) -> Int? {
    guard let process = processIndices[pid] else { return nil }
    return byHandle[HandleKey(process: UInt32(process), handle: handle)]
  }

  /// How many threads of a process have ended and wait to be joined.
  package func notJoinedCount(in pid: Int32) -> Int {
    guard let process = processIndices[pid] else { return 0 }
    return byHandle.reduce(0) { sum, entry in
      guard entry.key.process == UInt32(process) else { return sum }
      let record = records[entry.value]
      return sum + (record.ended != 0 && record.standing == .joinable ? 1 : 0)
    }
  }

  package func living(_ thread: Int32) -> LedgerRecord? { living[thread].map { records[$0] } }

  // MARK: Joins

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
    records[index].standing = .joined
    records[index].joiner = thread
    processes[Int(records[index].process)].outstandingCount -= 1
  }

  /// A detach that should succeed.
  package mutating func detach(_ handle: UInt64, in pid: Int32) {
    guard let index = find(handle, in: pid) else { return }
    records[index].standing = .detached
    processes[Int(records[index].process)].outstandingCount -= 1
  }

  /// Whether a process has more than one thread that somebody may join: who joins the last may be about to end.
  package func hasMoreToJoin(_ pid: Int32) -> Bool {
    processIndices[pid].map { processes[$0].outstandingCount > 1 } ?? false
  }

  /// A call that began by ``join(_:by:in:)`` or ``detach(_:in:)`` and came back.
  package mutating func settled(_ call: LedgerCall, _ result: Int32, at time: UInt32) {
    let process = processIndices[call.process]
    guard result != 0 else {
      if call.kind == .join, let process { processes[process].joinCount += 1 }
      return
    }
    guard let index = find(call.handle, in: call.process), isOf(call, index) else { return }
    records[index].joiner = 0
    records[index].standing = .joinable
    if call.kind == .join, [Self.busy, Self.timedOut, Self.interrupted].contains(result) { return }
    note(call, result, records[index], time)
    records[index].standing = .refused
  }

  /// A call whose result cannot be seen.
  package mutating func unseen(_ call: LedgerCall) {
    guard let index = find(call.handle, in: call.process) else { return }
    if Self.mayBeJoined.contains(records[index].standing) { records[index].standing = .unseen }
  }

  /// Such a call was left by a jump, or its thread has ended within it.
  package mutating func abandoned(_ call: LedgerCall) {
    if let index = find(call.handle, in: call.process), isOf(call, index) { records[index].standing = .unseen }
  }

  /// Such a call was left, or refused, and the thread has been joined by nobody.
  package mutating func failed(_ call: LedgerCall) {
    guard let index = find(call.handle, in: call.process), isOf(call, index) else { return }
    records[index].standing = .joinable
    records[index].joiner = 0
  }

  /// Whether the thread that a call is about ended by itself, and was seen to, or some time before.
  package func hasEnded(_ call: LedgerCall, by time: UInt32) -> Bool {
    guard let index = find(call.handle, in: call.process) else { return false }
    let record = records[index]
    return record.ended != 0 && (record.isEndSeen || record.ended &+ Self.lastMoment < time)
  }

  private func isOf(_ call: LedgerCall, _ index: Int) -> Bool {
    call.kind == .join
      ? records[index].standing == .joined && records[index].joiner == call.thread
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
          records[index].standing = .joined
          records[index].joiner = call.thread
          processes[Int(records[index].process)].joinCount += 1
        case .detach:
          if !Self.mayBeJoined.contains(records[index].standing) { note(call, result, before, time) }
          records[index].standing = .detached
        }
      }
      return
    }
    // A try that came too early (EBUSY), or whose time was over (ETIMEDOUT), is an answer and no failure.
    if call.kind == .join, [Self.busy, Self.timedOut, Self.interrupted].contains(result) { return }
    note(call, result, before, time)
  }

  private static let mayBeJoined: Set<LedgerRecord.Standing> = [.joinable, .untold, .unseen, .refused]
  private static let (busy, timedOut, interrupted): (Int32, Int32, Int32) = (16, 110, 4)

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

/// A process, from its beginning or its last exec on.
package struct LedgerProcess: Sendable {
  package let pid: Int32
  package var name: String
  package let began: UInt32
  package var ended: UInt32?
  package var threadCount = 0
  /// How many joins succeeded.
  package var joinCount = 0
  /// How many threads were made joinable, less those that a join or detach has begun of: about as many as are left.
  var outstandingCount = 0
  /// When a thread of it last did something that was seen, other than to end.
  var lastSeen: UInt32 = 0
  /// Functions that could not be watched.
  package var unwatched: [String] = []

  init(pid: Int32, name: String, began: UInt32) {
    self.pid = pid
    self.name = name
    self.began = began
  }
}

/// Where threads are made: a call of pthread_create, and the function that they begin with.
package struct CreationSite: Sendable {
  package struct Key: Hashable, Sendable {
    /// The index of the process in the ledger: addresses mean nothing elsewhere.
    package let process: Int32
    package let returnAddress: UInt64
    package let routine: UInt64

    package init(process: Int32, returnAddress: UInt64, routine: UInt64) {
      self.process = process
      self.returnAddress = returnAddress
      self.routine = routine
    }
  }

  package let key: Key
  package var threadCount = 0
  /// How many of them ended while their process went on, and were joined by nobody; and one of them.
  package var neverJoined = 0
  /// How many of these may have ended with their process instead.
  var unsure = 0
  package var example: Int?
  /// The bytes that one of its threads keeps until it is joined: stack and guard; 0 where that is not known.
  package var stackSize: UInt64 = 0
  /// The stack of the first call.
  package var stack: CreationStack?

  package init(key: Key, stackSize: UInt64 = 0, stack: CreationStack? = nil) {
    self.key = key
    self.stackSize = stackSize
    self.stack = stack
  }
}

/// A call that joins or detaches a thread.
package struct LedgerCall: Sendable, Equatable {
  package enum Kind: Sendable, Equatable { case join, detach }
  package let kind: Kind
  /// "pthread_join", as it was called.
  package let function: String
  package let handle: UInt64
  /// Who called it, and from where.
  package let thread: Int32
  package let process: Int32
  package let returnAddress: UInt64
  package var stack: CreationStack?
  /// The path of the library that has the function, where it is not libc.
  package var library: String?

  package init(
    kind: Kind, function: String, handle: UInt64, thread: Int32, process: Int32, returnAddress: UInt64,
    stack: CreationStack? = nil
  ) {
    self.kind = kind
    self.function = function
    self.handle = handle
    self.thread = thread
    self.process = process
    self.returnAddress = returnAddress
    self.stack = stack
  }

  package static func == (a: LedgerCall, b: LedgerCall) -> Bool {
    a.kind == b.kind && a.function == b.function && a.process == b.process && a.returnAddress == b.returnAddress
  }
}

/// A pthread_create that failed, and what the process had of everything that may run out.
package struct CreationFailure: Sendable, Equatable {
  package let thread: Int32
  package let returnAddress: UInt64
  package let error: Int32
  package let circumstances: CreationCircumstances
  package var stack: CreationStack?

  package init(
    thread: Int32, returnAddress: UInt64, error: Int32, circumstances: CreationCircumstances,
    stack: CreationStack? = nil
  ) {
    self.thread = thread
    self.returnAddress = returnAddress
    self.error = error
    self.circumstances = circumstances
    self.stack = stack
  }

  package static func == (a: CreationFailure, b: CreationFailure) -> Bool {
    a.returnAddress == b.returnAddress && a.error == b.error
  }
}

/// Something that went wrong with threads.
package struct LedgerTrouble: Sendable {
  package enum Kind: Sendable {
    case call(LedgerCall, result: Int32, before: LedgerRecord?)
    case creation(CreationFailure)
  }

  package let kind: Kind
  /// An index of ``ThreadLedger/processes``.
  let process: Int
  package let at: UInt32
  /// How often.
  package var count = 1
  /// How many joins of the process had succeeded by then.
  var joinsBefore = 0

  init(kind: Kind, process: Int, at: UInt32) {
    self.kind = kind
    self.process = process
    self.at = at
  }

  func isLike(_ other: LedgerTrouble) -> Bool {
    guard process == other.process else { return false }
    switch (kind, other.kind) {
    case (.call(let a, let result, let before), .call(let b, let otherResult, let otherBefore)):
      return a == b && result == otherResult && before?.standing == otherBefore?.standing
        && (before == nil) == (otherBefore == nil)
    case (.creation(let a), .creation(let b)): return a == b
    default: return false
    }
  }
}
