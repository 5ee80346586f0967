internal import Machine
internal import Targets
internal import Unwinding

/// What one thread waits for.
package struct ThreadWait: Sendable {
  /// The thread's index in the target's `threads`, and its id.
  package let thread: Int
  package let tid: Int32
  /// The kind of the node that it waits on: "mutex", "thread", "epoll", ….
  package let kind: String
  /// What it does, without who holds what it waits for: "waits for mutex 0x55d0c0a01040".
  package let text: String
  /// The object in memory; nil for descriptors, time and the like.
  let object: WaitObject?
  /// A number that tells one descriptor from another; nil where there is none.
  let number: UInt64?
  /// Whether it ends by itself.
  package let hasTimeout: Bool
  /// Whether only this process can end it by waking it.
  let isPrivate: Bool
  let futex: FutexCall?
  let role: WaitingFunction
  /// The frames from the library's function outwards, as far as they matter.
  let frames: [Frame]
  /// How many of ``frames`` are the library's: the next one is the program's, which called it.
  let libraryFrames: Int
  /// The name of the library's function that waits: "pthread_mutex_lock"; nil where none is known.
  let function: String?

  /// What tells one node from another: the object's kind and address, or the number of what is waited for.
  package var node: String {
    if let object {
      if object.kind == "thread" { return "thread \(object.owner ?? -1)" }
      return "\(object.kind) \(hex(object.address))"
    }
    return number.map { "\(kind) \($0)" } ?? kind
  }
}

/// What all threads of a target wait for, found with each module's names read once.
struct WaitCollector {
  private let investigation: Investigation
  private let records: ThreadRecords

  init(_ investigation: Investigation, _ records: ThreadRecords) {
    self.investigation = investigation
    self.records = records
  }

  /// One an index of the target's `threads`; nil for threads that wait for nothing.
  func waits() -> [ThreadWait?] {
    let threads = investigation.target.threads
    let calls = threads.indices.map { index in
      BlockedCall(threads[index], walk: investigation.walk(ofThread: index), in: investigation)
    }
    let frames = threads.indices.map { index -> [Frame] in
      guard let call = calls[index] else { return [] }
      let walk = investigation.walk(ofThread: index).frames
      let start = call.trampoline.map { number in walk.firstIndex { $0.number > number } ?? walk.count } ?? 0
      return Array(walk.dropFirst(start).prefix(WaitingFunction.deepest))
    }
    _ = investigation.rawNames(of: frames.flatMap(\.self))
    // Thousands of threads wait at one place: what its stack says is worked out once.
    var sites: [[UInt64]: WaitSite] = [:]
    return threads.indices.map { index in
      guard let call = calls[index] else { return nil }
      let key = frames[index].map(\.lookupAddress)
      let site = sites[key] ?? WaitSite(frames[index], investigation)
      sites[key] = site
      return wait(index, call, frames[index], site)
    }
  }

  private func wait(_ index: Int, _ call: BlockedCall, _ frames: [Frame], _ site: WaitSite) -> ThreadWait? {
    let tid = investigation.target.threads[index].tid
    let (count, function) = (site.libraryFrames, site.function)
    guard let futex = FutexCall(call) else {
      guard let plain = PlainWait(call, word: { investigation.memory.word(at: $0) }) else { return nil }
      return ThreadWait(
        thread: index, tid: tid, kind: plain.kind, text: plain.text, object: nil, number: plain.number,
        hasTimeout: plain.hasTimeout, isPrivate: false, futex: nil, role: site.role, frames: frames,
        libraryFrames: count, function: function)
    }
    let stack = stack(frames, count, call)
    let needsPointers = needsPointers(futex, site.role, stack)
    var object = FutexObject(
      futex: futex, role: site.role,
      pointers: needsPointers
        ? pointers(call, frames, own: futex.address == nil || site.role == .mutex ? count : nil) : [], stack: stack
    ).object(investigation.memory, records)
    var hasTimeout = futex.hasTimeout
    if hasTimeout, site.role == .conditionVariable, let variable = object?.address,
      let lock = PythonGIL.lock(around: variable, records, investigation.memory), lock.owner != tid
    {
      // When its time is over, the interpreter waits again.
      (object, hasTimeout) = (lock, false)
    }
    return ThreadWait(
      thread: index, tid: tid, kind: object?.kind ?? "futex", text: Self.text(object, hasTimeout: hasTimeout, futex),
      object: object, number: object == nil ? futex.address : nil, hasTimeout: hasTimeout,
      isPrivate: futex.isPrivate || isOwnMemory(object),
      futex: futex, role: site.role, frames: frames, libraryFrames: count, function: function)
  }

  /// Whether the memory of an object is this process's alone, whatever the system call says: robust mutexes sleep as if
  /// they were shared.
  private func isOwnMemory(_ object: WaitObject?) -> Bool {
    guard let object, let mapping = investigation.target.mapping(containing: object.address) else { return false }
    switch mapping.use {
    case .heap, .arena, .stack, .signalStack: return true
    default: return investigation.target.moduleIndex(containing: object.address) != nil
    }
  }

  /// Whether the object cannot be told from the word alone.
  private func needsPointers(_ futex: FutexCall, _ role: WaitingFunction, _ stack: Range<UInt64>) -> Bool {
    switch role {
    case .mutex: futex.address.map(stack.contains) ?? true
    case .readWriteLock, .conditionVariable, .rustReadWriteLock: true
    default: futex.address == nil
    }
  }

  /// What the registers of the innermost frames hold: the kept ones of the functions on the way.
  ///
  /// - Parameter own: how many frames are the library's, where only what these put into registers counts: what the program
  ///   left there is left out.
  private func pointers(_ call: BlockedCall, _ frames: [Frame], own: Int?) -> Set<UInt64> {
    let first = frames.first?.number ?? 0
    func registers(_ depth: Int) -> RegisterSet? {
      depth == 0 ? call.registers : investigation.stacks.registers(ofFrame: depth, from: call.registers)
    }
    // Frames are counted from the thread's state; the call's registers may be those that a signal interrupted.
    guard first == 0 || call.trampoline != nil else { return [] }
    let callers = own.flatMap { registers($0) }
    guard own == nil || callers != nil else { return [] }
    // x19 to x28 (AAPCS64, 6.1.1); rbx, rbp, r12 to r15 (System V ABI AMD64, 3.2.1): the others may hold anything after a
    // system call.
    let kept = investigation.architecture == .x86_64 ? [3, 6, 12, 13, 14, 15] : Array(19...28)
    var result: Set<UInt64> = []
    for depth in 0..<min(frames.count, own ?? 4, 4) {
      guard let registers = registers(depth) else { break }
      for number in 0..<31 where number != investigation.architecture.stackPointerRegister {
        guard let value = registers[number], value >= 4096 else { continue }
        if let callers, !kept.contains(number) || callers[number] == value { continue }
        result.insert(value)
      }
    }
    return result
  }

  /// The stack that the library's frames take: at most 4 KiB.
  private func stack(_ frames: [Frame], _ count: Int, _ call: BlockedCall) -> Range<UInt64> {
    guard let low = call.registers.stackPointer(investigation.architecture), low < UInt64.max - 4096 else {
      return 0..<0
    }
    let high = count > 0 && count <= frames.count ? frames[count - 1].cfa : low + 512
    return low..<(high > low && high - low <= 4096 ? high : low + 512)
  }

  private static func text(_ object: WaitObject?, hasTimeout: Bool, _ futex: FutexCall) -> String {
    guard let object else {
      return futex.address.map { "waits on the futex at \(hex($0))" } ?? "waits on a futex"
    }
    let limit = hasTimeout ? ", for a limited time" : ""
    switch object.kind {
    case "thread":
      return (object.owner ?? -1) > 0
        ? "waits for thread \(object.owner ?? 0) to end\(limit)"
        : "waits for a thread to end that fork did not take along"
    case "condition-variable": return "waits for condition variable \(hex(object.address)) to be signalled\(limit)"
    case "semaphore": return "waits for semaphore \(hex(object.address))\(limit)"
    case "python-gil": return "waits for Python's interpreter lock \(hex(object.address))"
    case "python-lock": return "waits for Python lock \(hex(object.address))\(limit)"
    case "barrier": return "waits at barrier \(hex(object.address)), where \(object.state)\(limit)"
    case "once": return "waits for an initialisation that runs once, \(hex(object.address))\(limit)"
    case "park": return "is parked until another thread unparks it\(limit)"
    case "internal-lock", "stream-lock": return "waits for the \(object.name) \(hex(object.address))\(limit)"
    case "dispatch-queue": return "waits for a dispatch queue\(limit)"
    case "atomic": return "waits for the atomic \(hex(object.address)) to change\(limit)"
    case "futex": return "waits on the futex at \(hex(object.address))\(limit)"
    default: return "waits for \(object.kind) \(hex(object.address))\(limit)"
    }
  }
}
