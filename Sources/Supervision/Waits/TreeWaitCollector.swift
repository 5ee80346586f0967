internal import Bytes
internal import CLinux
internal import Diagnosis
internal import Machine
internal import Processes

/// Finds what each thread of some processes waits for. All of them stand still meanwhile.
final class TreeWaitCollector {
  let tables: [Int32: DescriptorTable]
  let outside: OutsideProcesses
  /// Threads by the ids that they have for themselves, which locks hold: several namespaces may have the same.
  private let threadsByOwnID: [Int32: [Int32]]
  private let sharers: [UInt64: Set<Int32>]
  /// When the first of the processes began; nil where that is not known of all.
  let beginning: UInt64?
  private var memories: [Int32: ProcessMemory] = [:]
  private(set) lazy var peers = SocketPeers.all()
  private(set) lazy var origins = FileOrigins(tables, peers: peers)
  /// By network namespace.
  var connections: [String: TCPConnections] = [:]
  private(set) lazy var isWholeTree = findWhetherWholeTree()
  private lazy var fileLocks = FileLocks()
  private var signals: [Int32: [String]?] = [:]

  /// - Parameter asksOthers: whether processes that are none of these are looked at, of which a host may have many: where
  ///   not, it is as if they had nothing.
  init(_ processes: [StoppedProcess], asksOthers: Bool) {
    tables = Dictionary(processes.map { ($0.image.process, DescriptorTable(of: $0.image.process)) }) { first, _ in
      first
    }
    outside = OutsideProcesses(besides: Set(tables.keys), isAsked: asksOthers)
    let beginnings = tables.keys.map { OutsideProcesses.beginning(of: $0) }
    beginning = beginnings.contains(nil) ? nil : beginnings.compactMap(\.self).min()
    var own: [Int32: [Int32]] = [:]
    var sharers: [UInt64: Set<Int32>] = [:]
    for process in processes {
      for thread in process.image.threads { own[thread.tid, default: []].append(thread.hostID) }
      for entry in process.image.mappings.entries where entry.isShared {
        sharers[entry.inode, default: []].insert(process.image.process)
      }
    }
    threadsByOwnID = own
    self.sharers = sharers
  }

  /// nil where the thread waits for nothing that is known.
  func wait(of thread: LiveThread, _ process: StoppedProcess) -> TreeWait? {
    let pid = process.image.process
    let memory = memories[pid] ?? ProcessMemory(process: process.image.reader)
    memories[pid] = memory
    guard let call = BlockingCall(thread, code: { memory.word(at: $0) }),
      var wait = wait(call, thread, process, memory)
    else { return nil }
    guard !wait.isOpen else { return wait }
    if !process.missing.isEmpty { wait.isOpen = true }
    // What ends a call besides: a signal that somebody handles.
    guard let doubts = signalDoubts(of: thread, pid) else {
      wait.isOpen = true
      return wait
    }
    wait.doubts += doubts
    return wait
  }

  private func wait(
    _ call: BlockingCall, _ thread: LiveThread, _ process: StoppedProcess, _ memory: ProcessMemory
  ) -> TreeWait? {
    let pid = process.image.process
    func make(
      _ kind: TreeWait.Kind, _ text: String, _ enders: [TreeWait.Ender] = [], isOpen: Bool = false,
      doubts: [String] = []
    ) -> TreeWait {
      TreeWait(
        process: pid, thread: thread.hostID, kind: kind, text: text, enders: enders, isOpen: isOpen, doubts: doubts)
    }
    switch call.kind {
    case .descriptors(let wanted): return wanted.first.flatMap { descriptor($0, call, pid, make) }
    case .poll(let array, let count):
      guard count > 0, count <= Self.mostPolled else { return nil }
      var wanted: [BlockingCall.Wanted] = []
      for index in 0..<count {
        guard let word = memory.word(at: array &+ 8 &* index) else { return nil }
        let number = Int32(truncatingIfNeeded: word)
        // POLLIN, POLLPRI, POLLRDNORM, POLLRDBAND, POLLRDHUP; POLLOUT, POLLWRNORM, POLLWRBAND. A negative one is skipped.
        let events = word >> 32 & 0xffff
        if number >= 0 {
          wanted.append(
            BlockingCall.Wanted(descriptor: number, reads: events & 0x20c3 != 0, writes: events & 0x304 != 0))
        }
      }
      return descriptors(wanted, call, pid, make)
    case .select(let count, let sets):
      guard count <= Self.mostPolled else { return nil }
      var wanted: [BlockingCall.Wanted] = []
      for number in 0..<count {
        let bits = sets.map { set in
          set == 0 ? false : (memory.word(at: set &+ number / 64 &* 8) ?? 0) >> (number % 64) & 1 != 0
        }
        guard bits.contains(true) else { continue }
        wanted.append(
          BlockingCall.Wanted(descriptor: Int32(truncatingIfNeeded: number), reads: bits[0] || bits[2], writes: bits[1])
        )
      }
      return descriptors(wanted, call, pid, make)
    case .epoll(let descriptor):
      guard let wanted = tables[pid]?.watched(byEpoll: descriptor), var wait = descriptors(wanted, call, pid, make)
      else {
        return nil
      }
      wait.doubts.append("who else has the same epoll descriptor can make it wait for more")
      return wait
    case .child(let wanted): return child(wanted, pid, make)
    case .futex(let word, let expected, let isPrivate):
      return futex(word, expected, isPrivate, process, memory, make)
    case .fileLock(let descriptor, let isRecord): return fileLock(descriptor, isRecord, pid, make)
    case .pidfd(let descriptor): return pidfd(descriptor, pid, make)
    case .semaphores(let set, let operations, let count):
      return semaphores(set, operations, count, pid, memory, make)
    case .messages(let queue, let reads, let size): return messages(queue, reads, size, pid, make)
    case .queue(let descriptor, let reads): return queue(descriptor, reads, call, pid, make)
    case .ring(let descriptor):
      return make(.other, "waits for what it has asked io_uring for (descriptor \(descriptor))", isOpen: true)
    }
  }

  typealias Maker = (TreeWait.Kind, String, [TreeWait.Ender], Bool, [String]) -> TreeWait
  private static let mostPolled: UInt64 = 1024

  // MARK: Children

  private func child(_ wanted: Int32?, _ pid: Int32, _ make: Maker) -> TreeWait? {
    let all = ProcessChildren.all(of: pid)
    // Ids are those of its own pid namespace, which need not be ours.
    let chosen = wanted.map { wanted in
      all.filter { child in ProcessFacts.ofProcess(child)?.namespaceIDs.contains(wanted) ?? (child == wanted) }
    }
    let children = chosen ?? all
    let isOpen =
      children.isEmpty
      || children.contains { tables[$0] == nil || ["Z", "X"].contains(ProcessFacts.ofProcess($0)?.state ?? "X") }
    let text = wanted.map { "waits for child \(children.first ?? $0) to end" } ?? "waits for a child to end"
    return make(.child, text, children.sorted().map { .process($0) }, isOpen, [])
  }

  // MARK: Memory

  private func futex(
    _ word: UInt64, _ expected: UInt32, _ isPrivate: Bool, _ process: StoppedProcess, _ memory: ProcessMemory,
    _ make: Maker
  ) -> TreeWait? {
    let pid = process.image.process
    guard let value = memory.load(UInt32.self, at: word), value == expected,
      let entry = process.image.mappings.entry(containing: word)
    else { return nil }
    let address = "0x" + String(word, radix: 16)
    guard !isPrivate, entry.isShared else {
      return make(.own, "waits on the futex \(address)", [.process(pid)], false, [])
    }
    let known = outside.shares(
      inode: entry.inode, since: entry.path.hasPrefix("/dev/zero") ? beginning : nil)
    var doubts: [String] = []
    if known == nil { doubts.append("processes that cannot be looked at may share the memory at \(address)") }
    let place = "\(address) in memory that it shares"
    guard let mutex = SharedMutex(lockWord: word, memory) else {
      return make(
        .memory, "waits on the futex \(place)", (sharers[entry.inode] ?? [pid]).sorted().map { .process($0) },
        known ?? false, doubts)
    }
    // Who holds it gives it back, and nobody else.
    let owners = threadsByOwnID[mutex.owner] ?? []
    if owners.isEmpty {
      return make(
        .lock(owner: mutex.owner), "waits for the \(mutex.name) \(place), whose owner, thread \(mutex.owner), is gone",
        [], known ?? false || Self.exists(mutex.owner), doubts)
    }
    if known == true { doubts.append("others share the memory at \(address), and may have threads with the same id") }
    return make(
      .lock(owner: mutex.owner),
      "waits for the \(mutex.name) \(place), which thread \(mutex.owner) holds", owners.map { .thread($0) },
      owners.count != 1, doubts)
  }

  /// Whether there is a thread with this id, here at least.
  private static func exists(_ thread: Int32) -> Bool { ProcFile.text("/proc/\(thread)/stat") != nil }

  // MARK: Files

  private func fileLock(_ descriptor: Int32, _ isRecord: Bool, _ pid: Int32, _ make: Maker) -> TreeWait? {
    guard let target = tables[pid]?.entries[descriptor], target.hasPrefix("/") else { return nil }
    var status = inquest_file_status()
    guard unsafe inquest_status("/proc/\(pid)/fd/\(descriptor)", &status) == 0 else { return nil }
    let text = "waits for a lock of \(target) (descriptor \(descriptor))"
    let holders = fileLocks.holders(inode: status.inode, records: isRecord)
    guard !holders.isEmpty else { return make(.fileLock, text, [], true, []) }
    if isRecord {
      let others = holders.filter { $0 != pid }
      return make(
        .fileLock, text, others.sorted().map { .process($0) }, others.isEmpty || others.contains { tables[$0] == nil },
        [])
    }
    // It belongs to the open file, which whoever has inherited it can unlock.
    let sharing = tables.filter { $0.value.holds(target) }.keys.sorted()
    return make(
      .fileLock, text, sharing.map { .process($0) }, outside.holds(target),
      !outside.mayHide(since: nil) ? [] : ["processes that cannot be looked at may hold it"])
  }

  // MARK: Signals

  /// What a signal may do to a thread that waits; nil where one is on its way.
  private func signalDoubts(of thread: LiveThread, _ pid: Int32) -> [String]? {
    guard let dispositions = SignalDispositions(of: thread.hostID) else { return nil }
    // Not only those that are handled: others end the process, or stop it.
    guard dispositions.pending & ~dispositions.blocked & ~dispositions.ignored == 0 else { return nil }
    let handled = dispositions.caught & ~dispositions.blocked
    let telling = Self.telling.filter { handled & SignalDispositions.bit($0.number) != 0 }.map(\.name)
    let isRealTime = handled >> 33 != 0
    guard !telling.isEmpty || isRealTime else { return [] }
    return [
      "process \(pid) handles \((telling + (isRealTime ? ["real-time signals"] : [])).joined(separator: ", ")), "
        + "which may end the wait"
    ]
  }

  /// Signals that are sent for what happens while a process waits. SIGINT, SIGTERM and the like are sent by people; others
  /// tell of what only a thread that runs does.
  private static let telling: [(number: Int32, name: String)] = [
    (10, "SIGUSR1"), (12, "SIGUSR2"), (14, "SIGALRM"), (17, "SIGCHLD"), (23, "SIGURG"), (29, "SIGIO"), (30, "SIGPWR"),
  ]
}
