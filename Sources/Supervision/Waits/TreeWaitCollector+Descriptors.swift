internal import CLinux
internal import Processes

/// Waits for descriptors to become ready, or for what is read from or written to them.
extension TreeWaitCollector {
  /// Who has the other end of something that is open, and what to call it.
  private struct OtherEnd {
    let kind: TreeWait.Kind
    let text: String
    let enders: [Int32]
    /// What whoever can end the wait would have open.
    let targets: [String]
    var isOpen = false
    var doubts: [String] = []
  }

  func descriptor(_ wanted: BlockingCall.Wanted, _ call: BlockingCall, _ pid: Int32, _ make: Maker) -> TreeWait? {
    guard let target = tables[pid]?.entries[wanted.descriptor] else { return nil }
    if target == "anon_inode:[pidfd]" { return pidfd(wanted.descriptor, pid, make) }
    if let what = Self.kernelObjects[target] {
      return make(.other, "waits for \(what) (descriptor \(wanted.descriptor))", [], true, [])
    }
    let other: OtherEnd
    if target.hasPrefix("socket:[") {
      guard let socket = socket(target, wanted, pid) else {
        let place = UInt64(target.dropFirst(8).dropLast()).flatMap { connections(of: pid).text(of: $0) }
        return make(
          .socket(target, reads: wanted.reads),
          "waits to \(wanted.reads ? "receive from" : "send to") \(target) (descriptor \(wanted.descriptor)"
            + (place.map { ", \($0)" } ?? "") + ")", [], true, [])
      }
      other = socket
    } else if let file = pipe(target, wanted, pid) ?? eventfd(target, wanted) {
      other = file
    } else {
      return nil
    }
    return wait(other, wanted, call, pid, make)
  }

  /// What the kernel ends by itself, or on everybody's behalf.
  private static let kernelObjects = [
    "anon_inode:[signalfd]": "a signal", "anon_inode:[timerfd]": "a timer", "anon_inode:inotify": "changes of files",
    "inotify": "changes of files", "anon_inode:[fanotify]": "changes of files",
    "anon_inode:[io_uring]": "what it has asked io_uring for",
  ]

  /// Whether it may be ready by now, and who may have it that is not looked at.
  private func wait(
    _ other: OtherEnd, _ wanted: BlockingCall.Wanted, _ call: BlockingCall, _ pid: Int32, _ make: Maker
  ) -> TreeWait {
    guard let target = other.targets.first else { return make(other.kind, other.text, [], true, []) }
    var state = inquest_descriptor_state()
    let looked = unsafe inquest_look_at_descriptor(pid, wanted.descriptor, wanted.events, &state)
    var doubts: [String] = []
    if looked < 0 { doubts.append("whether \(target) is ready cannot be asked here") }
    // It may have become ready since the thread was interrupted; POLLERR, POLLHUP and POLLNVAL are never asked for.
    let isReady = looked == 0 && (state.events != 0 || state.is_timed != 0 || state.is_nonblocking != 0 && !call.isPoll)
    if outside.mayHide(since: other.targets.allSatisfy(origins.isWithin) ? beginning : nil) {
      doubts.append("processes that cannot be looked at, or a descriptor on its way in a socket, may hold \(target)")
    }
    if tables.values.contains(where: \.holdsHiddenFiles) {
      doubts.append("files may be held that are no descriptors: on their way in a socket, or by io_uring")
    }
    if tables.values.contains(where: { !$0.isComplete }) { doubts.append("not all descriptors could be read") }
    return make(
      other.kind, other.text, other.enders.map { .process($0) },
      isReady || other.isOpen || other.targets.contains(where: outside.holds), doubts + other.doubts)
  }

  // MARK: Pipes, eventfds, queues

  /// A pipe, or a named one; nil for anything else.
  private func pipe(_ target: String, _ wanted: BlockingCall.Wanted, _ pid: Int32) -> OtherEnd? {
    let isNamed = target.hasPrefix("/")
    guard target.hasPrefix("pipe:[") || isNamed && tables[pid]?.isFIFO(wanted.descriptor) == true else { return nil }
    return OtherEnd(
      kind: .pipe(target, reads: wanted.reads),
      text: "waits to \(wanted.reads ? "read from" : "write to") \(target) (descriptor \(wanted.descriptor))",
      enders: holders(of: target, wanted), targets: [target],
      doubts: isNamed ? ["any process may open \(target)"] : [])
  }

  /// Those who have opened it so that they can end what is waited for.
  private func holders(of target: String, _ wanted: BlockingCall.Wanted) -> [Int32] {
    tables.filter { entry in
      wanted.reads && entry.value.holds(target, forWriting: true)
        || wanted.writes && entry.value.holds(target, forWriting: false)
    }.keys.sorted()
  }

  private func eventfd(_ target: String, _ wanted: BlockingCall.Wanted) -> OtherEnd? {
    guard target.hasPrefix("eventfd:[") else { return nil }
    return OtherEnd(
      kind: .queue(target, reads: wanted.reads),
      text: "waits to \(wanted.reads ? "read from" : "write to") \(target) (descriptor \(wanted.descriptor))",
      enders: tables.filter { $0.value.holds(target) }.keys.sorted(), targets: [target],
      doubts: ["the kernel itself may use \(target), for io_uring, asynchronous input and output, or KVM"])
  }

  /// A POSIX message queue (mq_overview(7)), whose descriptor leads to its name.
  func queue(_ descriptor: Int32, _ reads: Bool, _ call: BlockingCall, _ pid: Int32, _ make: Maker) -> TreeWait? {
    guard let target = tables[pid]?.entries[descriptor], target.hasPrefix("/") else { return nil }
    let wanted = BlockingCall.Wanted(descriptor: descriptor, reads: reads, writes: !reads)
    return wait(
      OtherEnd(
        kind: .queue(target, reads: reads),
        text: "waits to \(reads ? "receive from" : "send to") message queue \(target) (descriptor \(descriptor))",
        enders: holders(of: target, wanted), targets: [target],
        doubts: target.hasSuffix(" (deleted)") ? [] : ["any process may open message queue \(target)"]),
      wanted, call, pid, make)
  }

  // MARK: Sockets

  /// nil where the other end is not known.
  private func socket(_ target: String, _ wanted: BlockingCall.Wanted, _ pid: Int32) -> OtherEnd? {
    guard let inode = UInt64(target.dropFirst(8).dropLast()) else { return nil }
    let connection = peers[inode] == nil ? connections(of: pid).connection(of: inode) : nil
    let others: [String]
    switch connection?.end {
    case .socket(let peer): others = ["socket:[\(peer)]"]
    case .listeners(let listeners): others = listeners.map { "socket:[\($0)]" }
    case nil:
      guard let peer = peers[inode] else { return nil }
      others = ["socket:[\(peer)]"]
    }
    let enders = tables.filter { entry in
      others.contains(where: entry.value.holds) || entry.key != pid && entry.value.holds(target)
    }.keys.sorted()
    let place = "descriptor \(wanted.descriptor)" + (connection.map { ", \($0.text)" } ?? "")
    return OtherEnd(
      kind: .socket(target, reads: wanted.reads),
      text: "waits to \(wanted.reads ? "receive from" : "send to") \(target) (\(place))", enders: enders,
      targets: [target] + others,
      isOpen: wanted.reads && connection?.isOnItsWay ?? false,
      // A socket that has less room than poll asks for may take a little all the same.
      doubts: wanted.writes ? ["whether the socket takes nothing more cannot be asked"] : [])
  }

  /// Those of a process's network namespace.
  private func connections(of pid: Int32) -> TCPConnections {
    let namespace = ProcFile.link("/proc/\(pid)/ns/net") ?? "\(pid)"
    let known = connections[namespace] ?? TCPConnections(of: pid)
    connections[namespace] = known
    return known
  }

  // MARK: Processes

  func pidfd(_ descriptor: Int32, _ pid: Int32, _ make: Maker) -> TreeWait? {
    guard let process = tables[pid]?.process(ofPidfd: descriptor) else { return nil }
    let isLooked = tables[process] != nil && !["Z", "X"].contains(ProcessFacts.ofProcess(process)?.state ?? "X")
    return make(
      .child, "waits for child \(process) to end (descriptor \(descriptor))", isLooked ? [.process(process)] : [],
      !isLooked, [])
  }

  // MARK: Several

  /// Whoever can make any of them ready.
  func descriptors(
    _ wanted: [BlockingCall.Wanted], _ call: BlockingCall, _ pid: Int32, _ make: Maker
  ) -> TreeWait? {
    guard !wanted.isEmpty else { return nil }
    var enders: Set<TreeWait.Ender> = []
    var doubts: [String] = []
    var isOpen = false
    for one in wanted {
      // Without an event asked for, the other end's closing ends it.
      let asked =
        one.reads || one.writes ? one : BlockingCall.Wanted(descriptor: one.descriptor, reads: true, writes: true)
      guard let wait = descriptor(asked, call, pid, make) else {
        isOpen = true
        continue
      }
      enders.formUnion(wait.enders)
      for doubt in wait.doubts where !doubts.contains(doubt) { doubts.append(doubt) }
      isOpen = isOpen || wait.isOpen
    }
    let numbers =
      wanted.prefix(4).map { one in
        "\(one.descriptor)" + (tables[pid]?.entries[one.descriptor].map { " (\($0))" } ?? "")
      }.joined(separator: ", ") + (wanted.count > 4 ? ", …" : "")
    return make(
      .descriptors, "waits for descriptor\(wanted.count == 1 ? "" : "s") \(numbers) to become ready (\(call.name))",
      enders.sorted { "\($0)" < "\($1)" }, isOpen, doubts)
  }
}
