internal import Machine

/// What a thread waits for that is no lock in memory: a descriptor, a child, time.
struct PlainWait {
  /// The kind of the node in reports: "descriptor", "socket", "epoll", "poll", "process", "sleep", "signal",
  /// "file-lock", "message-queue", "semaphore-set", "event-queue", "call".
  let kind: String
  /// "waits to read from descriptor 5".
  let text: String
  /// The descriptor, process or other number that tells one such wait from another; nil where there is none.
  let number: UInt64?
  /// Whether it ends by itself: a sleep, or a wait with a timeout.
  let hasTimeout: Bool

  /// nil where the call is none that waits for something.
  init?(_ call: BlockedCall, word: (UInt64) -> UInt64?) {
    func make(
      _ kind: String, _ text: String, number: UInt64? = nil, hasTimeout: Bool = false
    ) -> (String, String, UInt64?, Bool) { (kind, text, number, hasTimeout) }
    let first = call.arguments[0].map { $0 & 0xffff_ffff }
    let descriptor = first.map { "descriptor \(Int32(truncatingIfNeeded: $0))" } ?? "a descriptor"
    /// Whether an argument in milliseconds is neither negative nor missing.
    func isTimed(_ index: Int) -> Bool { call.arguments[index].map { Int32(truncatingIfNeeded: $0) >= 0 } ?? false }
    /// Whether an argument that points to a time is given.
    func isGiven(_ index: Int) -> Bool { call.arguments[index].map { $0 != 0 } ?? false }
    let result: (String, String, UInt64?, Bool)
    switch call.name {
    case "read", "readv", "pread64", "preadv", "preadv2":
      result = make("descriptor", "waits to read from \(descriptor)", number: first)
    case "write", "writev", "pwrite64", "pwritev", "pwritev2", "sendfile", "splice", "vmsplice", "tee":
      result = make("descriptor", "waits to write to \(descriptor)", number: first)
    case "recvfrom", "recvmsg", "recvmmsg":
      result = make("socket", "waits to receive from \(descriptor)", number: first)
    case "sendto", "sendmsg", "sendmmsg": result = make("socket", "waits to send to \(descriptor)", number: first)
    case "accept", "accept4": result = make("socket", "waits for a connection to \(descriptor)", number: first)
    case "connect": result = make("socket", "waits for \(descriptor) to be connected", number: first)
    case "epoll_wait", "epoll_pwait":
      result = make("epoll", "waits for events of \(descriptor) (\(call.name))", number: first, hasTimeout: isTimed(3))
    case "epoll_pwait2":
      result = make("epoll", "waits for events of \(descriptor) (\(call.name))", number: first, hasTimeout: isGiven(3))
    case "poll": result = make("poll", Self.polled(call, word), hasTimeout: isTimed(2))
    case "ppoll": result = make("poll", Self.polled(call, word), hasTimeout: isGiven(2))
    case "select", "pselect6":
      result = make("poll", "waits for descriptors to become ready (select)", hasTimeout: isGiven(4))
    case "wait4", "waitid": result = make("process", Self.child(call), number: first)
    case "nanosleep", "clock_nanosleep": result = make("sleep", "sleeps for a time", hasTimeout: true)
    case "pause", "rt_sigsuspend", "rt_sigtimedwait":
      result = make(
        "signal", "waits for a signal (\(call.name))", hasTimeout: call.name.hasSuffix("timedwait") && isGiven(2))
    case "flock": result = make("file-lock", "waits for a lock of the file of \(descriptor) (flock)", number: first)
    // F_SETLKW, F_OFD_SETLKW.
    case "fcntl" where call.arguments[1] == 7 || call.arguments[1] == 38:
      result = make("file-lock", "waits for a record lock of \(descriptor) (fcntl)", number: first)
    case "msgrcv", "msgsnd", "mq_timedreceive", "mq_timedsend":
      result = make("message-queue", "waits for a message queue (\(call.name))", number: first)
    case "semop", "semtimedop": result = make("semaphore-set", "waits for a System V semaphore", number: first)
    case "io_getevents", "io_pgetevents", "io_uring_enter":
      result = make("event-queue", "waits for asynchronous input or output (\(call.name))", number: first)
    case "vfork", "clone", "clone3": result = make("process", "waits for a child to call exec or end (\(call.name))")
    case "futex_waitv", "futex_wait": result = make("futex", "waits for futexes (\(call.name))")
    case "fsync", "fdatasync", "sync", "open", "openat", "close", "ioctl", "fallocate", "ftruncate", "unlink", "mkdir":
      result = make("call", "is inside \(call.name)", number: first)
    default: return nil
    }
    (kind, text, number, hasTimeout) = result
  }

  /// "waits for a child to end (process 4711)".
  private static func child(_ call: BlockedCall) -> String {
    guard let argument = call.arguments[call.name == "waitid" ? 1 : 0] else { return "waits for a child process" }
    let id = Int32(truncatingIfNeeded: argument)
    if call.name == "waitid", call.arguments[0] != 1 { return "waits for any child process to end" }
    return id > 0 ? "waits for child process \(id) to end" : "waits for any child process to end"
  }

  /// "waits for descriptors 3, 4 to become ready (poll)"; `struct pollfd` is descriptor, events and result, 8 bytes.
  private static func polled(_ call: BlockedCall, _ word: (UInt64) -> UInt64?) -> String {
    guard let array = call.arguments[0], let count = call.arguments[1], count > 0 else {
      return "waits for descriptors to become ready (\(call.name))"
    }
    let shown = (0..<min(count, 4)).compactMap { index in
      word(array &+ index &* 8).map { "\(Int32(truncatingIfNeeded: $0))" }
    }
    guard !shown.isEmpty else { return "waits for descriptors to become ready (\(call.name))" }
    let more = count > 4 ? " and \(grouped(count - 4)) more" : ""
    return "waits for descriptor\(count == 1 ? "" : "s") \(shown.joined(separator: ", "))\(more) to become ready "
      + "(\(call.name))"
  }
}
