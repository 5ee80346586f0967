/// Every thread that ever lived: who made it and where, how it ended, who joined it.
///
/// A value without system calls: what was seen of the program goes in, what went wrong comes out. Times are milliseconds
/// since the program began.
package struct ThreadLedger {
  var records = LedgerRecords()
  /// By `pthread_t`, the last thread of each process that had it, living or not.
  private var byHandle: [HandleKey: Int] = [:]
  var leaders: [HandleKey: LedgerRecord] = [:]
  /// Those that live, by kernel id.
  private(set) var living: [Int32: Int] = [:]
  package internal(set) var processes: [LedgerProcess] = []
  private(set) var processIndices: [Int32: Int] = [:]
  package private(set) var sites: [CreationSite] = [CreationSite(key: .init(process: 0, returnAddress: 0, routine: 0))]
  private var siteIndices: [CreationSite.Key: Int] = [:]
  private var names: [String] = [""]
  private var nameIndices: [String: Int] = ["": 0]
  package internal(set) var troubles: [LedgerTrouble] = []
  /// How many troubles were left out, since there were more than anybody reads.
  package internal(set) var troublesLeftOut = 0

  struct HandleKey: Hashable {
    let process: UInt32
    let handle: UInt64
  }

  /// More than these are counted, not kept.
  static let mostTroubles = 256
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
  static let (lastMoment, longMoment): (UInt32, UInt32) = (20, 100)

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
    if handle != 0 { replaced(handle, in: process) }
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

  /// libc makes a record anew only when whoever joined its thread is through.
  private mutating func replaced(_ handle: UInt64, in process: Int) {
    guard let former = byHandle[HandleKey(process: UInt32(process), handle: handle)],
      records[former].standing == .joining
    else { return }
    records[former].standing = .joined
    processes[process].joinCount += 1
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
}
