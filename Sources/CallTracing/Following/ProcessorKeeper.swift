internal import CLinux
internal import SystemCalls
internal import Tracing

/// Keeps a thread that makes one system call after another on the processor of the one who traces it.
///
/// Where tracer and tracee take turns, only one of them ever runs. But the kernel wakes either on any processor that is idle;
/// the two then wake each other across processors, which takes two to twenty times as long as a switch on the same one. So a
/// thread that has stopped many times in a row, with nobody else in between, is held where the tracer runs, and the tracer
/// stays there as long.
///
/// The program must not notice. Its affinity is its own again before anything that would show or inherit ours:
/// `sched_getaffinity` and `sched_setaffinity`, whatever makes a thread or a process; as soon as anybody else has anything to
/// do; and when it computes. Nobody is held while a process lives that has opened a `status` file of `/proc`, which it may
/// read whenever it likes. That needs the calls to be seen that would show it: nobody is held where calls are filtered and
/// those that open files are left out, nor in a program that was there before us and would stay as it is if we were killed.
struct ProcessorKeeper {
  private let isOn: Bool
  /// Whether a call shows the affinity or gives it to somebody, by number.
  private let reveals: [Bool]
  private let opening: [Bool]
  /// The number of `open`, where there is such a call.
  private let opens: Int?
  /// The thread that stops alone, how often it has since then, and when that began, in nanoseconds.
  private var thread: Int32 = 0
  private var stops = 0
  private var since: UInt64 = 0
  private var last: UInt64 = 0
  /// The affinity that the thread has by itself, while it is held.
  private var own: [UInt8]?
  /// That of the tracer's thread, meanwhile.
  private var ours: [UInt8]?
  /// The last thread that was held, the affinity that it was given, and its own: a child that it made then may be told of
  /// after it was let go.
  private var former: (thread: Int32, held: [UInt8], own: [UInt8])?
  /// Processes that may have a file open that shows affinities.
  private var lookers: Set<Int32> = []

  /// So many stops in a row within so many nanoseconds make it worth while: two calls. To hold a thread and let it go again takes
  /// less than what one stop across processors may take, 0.4 ms; programs that live for a hundred calls gain by it too.
  private static let enough = 4
  private static let window: UInt64 = 30_000_000
  /// So many stops later a thread is asked about again that could not be held: one that may run on one processor only.
  private static let pause = 1000
  /// Nanoseconds after which a thread that has not stopped is taken to compute, or to wait.
  private static let idle: UInt64 = 10_000_000
  /// How long nothing may happen until a held thread is looked at.
  static let patience = Duration.milliseconds(20)

  /// Calls that show an affinity, or hand it to threads of the kernel's.
  private static let showing = [
    "sched_getaffinity", "sched_setaffinity", "io_uring_setup", "io_uring_enter", "sched_setattr", "sched_getattr",
  ]
  private static let making = ["fork", "vfork", "clone", "clone3"]
  private static let opening = ["open", "openat", "openat2"]
  /// AT_FDCWD (include/uapi/linux/fcntl.h).
  private static let workingFolder: Int32 = -100

  /// - Parameter isAllowed: whether the calls of all that is followed are seen that matter here, and it ends with us.
  init(_ table: CallTable, isAllowed: Bool) {
    isOn = isAllowed && inquest_processor() >= 0
    let revealing = Set((Self.showing + Self.making).compactMap(table.number))
    let opening = Set(Self.opening.compactMap(table.number))
    reveals = (0..<1024).map(revealing.contains)
    self.opening = (0..<1024).map(opening.contains)
    opens = table.number(of: "open")
  }

  /// The calls that a filter must stop for besides those that were asked for, so that threads may be held; nil where that
  /// would cost more than it gains: files are opened often. Births are seen anyway.
  static func needed(besides calls: Set<Int>, _ table: CallTable) -> Set<Int>? {
    guard ["openat"].compactMap(table.number).allSatisfy(calls.contains) else { return nil }
    return Set((showing + opening).compactMap(table.number))
  }

  /// Whether a thread is held.
  var isHolding: Bool { own != nil }

  /// A thread has stopped at a system call. To be called for each such stop of anybody.
  ///
  /// - Parameter now: nanoseconds on the monotonic clock.
  mutating func stopped(_ stopping: Int32, now: UInt64) {
    guard isOn else { return }
    last = now
    guard stopping == thread else {
      release()
      thread = stopping
      begin(now)
      return
    }
    guard own == nil else { return }
    stops += 1
    guard stops >= Self.enough else { return }
    let isWorth = lookers.isEmpty && now &- since <= Self.window
    begin(now)
    if isWorth, !hold() { stops = -Self.pause }
  }

  /// The thread that stopped last is about to do a call.
  ///
  /// - Parameters:
  ///   - process: the process that it belongs to.
  ///   - isPathKnown: whether ``opens(_:in:)`` follows where it opens a file.
  mutating func enters(_ number: Int, in process: Int32, isPathKnown: Bool) {
    guard isOn else { return }
    guard reveals.indices.contains(number), !reveals[number] else { return release() }
    if opening[number], !isPathKnown { looks(process) }
  }

  /// A thread has made another one, or a process, which has its affinity and has not run yet.
  mutating func created(_ child: Int32, by creator: Int32) {
    guard let former, former.thread == creator, Self.affinity(of: child) == former.held else { return }
    Self.set(former.own, of: child)
  }

  /// Whether the path of such a call matters to ``opens(_:in:)``.
  func wantsPath(_ number: Int) -> Bool { isOn && opening.indices.contains(number) && opening[number] }

  /// The thread that stopped last is about to open a file.
  ///
  /// - Parameters:
  ///   - path: its path, as far as it was copied.
  ///   - number: the call.
  ///   - first: the call's first argument: for all but `open` the folder that a relative path begins in.
  mutating func opens(_ path: ArraySlice<UInt8>, by number: Int, _ first: UInt64, in process: Int32) {
    guard let end = path.firstIndex(of: 0) else { return looks(process) }
    let start = path[..<end].lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? path.startIndex
    guard path[start..<end] == Self.status[...] else { return }
    let folder = Int32(truncatingIfNeeded: first)
    let isHere = number == opens || folder == Self.workingFolder
    let begin = path.first == UInt8(ascii: "/") ? "root" : isHere ? "cwd/" : "fd/\(folder)/"
    let whole = Array("/proc/\(thread)/\(begin)".utf8) + path[..<end] + [0]
    if unsafe whole.withUnsafeBytes({ unsafe inquest_may_be_of_proc($0.baseAddress) }) { looks(process) }
  }

  /// What shows it in /proc, from whichever folder it is opened.
  private static let status = Array("status".utf8)

  private mutating func looks(_ process: Int32) {
    lookers.insert(process)
    release()
  }

  /// A process has ended, and its files are closed.
  mutating func forget(process: Int32) { lookers.remove(process) }

  /// Nothing has happened for a moment: the thread may be computing.
  mutating func rest(now: UInt64) {
    if own != nil, now &- last >= Self.idle { release() }
  }

  /// The thread has another id.
  mutating func executed(_ former: Int32, as new: Int32) {
    if thread == former { thread = new }
    self.former = nil
  }

  /// Something else happened, or nothing for a while: the thread gets its affinity back.
  mutating func release() {
    guard let mask = own else { return }
    own = nil
    stops = 0
    Self.set(mask, of: thread)
    goFree()
  }

  private mutating func goFree() {
    if let mask = ours { Self.set(mask, of: 0) }
    ours = nil
  }

  /// The thread is another one now, or gone: its id may be somebody else's.
  mutating func forget(_ ended: Int32) {
    guard ended == thread else { return }
    own = nil
    goFree()
    thread = 0
    stops = 0
  }

  private mutating func begin(_ now: UInt64) {
    stops = 0
    since = now
  }

  /// Returns whether the thread is held now.
  private mutating func hold() -> Bool {
    let processor = Int(inquest_processor())
    guard processor >= 0, let mask = Self.affinity(of: thread), let ours = Self.affinity(of: 0) else {
      return false
    }
    // One that may run on this one alone, or not on it at all, is left as it is.
    let bit = UInt8(1) << UInt8(processor % 8)
    guard processor / 8 < mask.count, mask[processor / 8] & bit != 0, mask.reduce(0, { $0 + $1.nonzeroBitCount }) > 1
    else { return false }
    var one = [UInt8](repeating: 0, count: mask.count)
    one[processor / 8] = bit
    guard Self.set(one, of: 0) else { return false }
    self.ours = ours
    guard Self.set(one, of: thread) else {
      goFree()
      return false
    }
    own = mask
    former = (thread, one, mask)
    return true
  }

  /// On which processors a thread may run, 0 for the calling one; nil where that is not told.
  private static func affinity(of thread: Int32) -> [UInt8]? {
    // 8192 processors, the most that Linux can be built for.
    var mask = [UInt8](repeating: 0, count: 1024)
    let size = unsafe mask.withUnsafeMutableBytes {
      unsafe inquest_affinity(thread, $0.baseAddress, UInt64($0.count))
    }
    guard size > 0, size <= 1024 else { return nil }
    mask.removeLast(1024 - Int(size))
    return mask
  }

  @discardableResult
  private static func set(_ mask: [UInt8], of thread: Int32) -> Bool {
    unsafe mask.withUnsafeBytes { unsafe inquest_set_affinity(thread, $0.baseAddress, UInt64($0.count)) } == 0
  }
}
