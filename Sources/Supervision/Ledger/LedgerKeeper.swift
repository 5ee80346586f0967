internal import Processes
internal import Tracing

/// Writes the ledger from what is seen of the processes: births from the kernel, and what libc is asked to do from
/// breakpoints on its functions, which a process gets when it makes its first thread. A process without threads is never
/// stopped for them.
final class LedgerKeeper {
  private(set) var ledger = ThreadLedger()
  private let breakpoints: Breakpoints
  private let search = LibrarySymbolSearch()
  private var watches: [Int32: Watch] = [:]
  /// The name that a process is known by until it makes a thread.
  private var names: [Int32: String] = [:]
  private var began: [Int32: UInt32] = [:]
  /// The first instruction of programs that have not come to it.
  private var entries: [Int32: UInt64] = [:]
  private var stacksKept = 0

  /// A process with breakpoints.
  private struct Watch {
    var symbols: LibrarySymbols
    var image: ProcessImage?
    var creations: [Int32: Creation] = [:]
    var calls: [Int32: [PendingCall]] = [:]
    /// Whether more than the making of threads is watched.
    var isWhole = false
    /// Functions at which there can be no breakpoint.
    var unwatched: [String] = []
    /// Places that joins return to, where breakpoints stay.
    var returns: Set<UInt64> = []
    /// Whether a join that could not fail did not succeed either: from then on all are seen to return.
    var isDoubted = false
  }

  /// A pthread_create that has begun.
  private struct Creation {
    let returnAddress: UInt64
    let stackAfter: UInt64
    let routine: UInt64
    let isDetached: Bool
    let isReturnWatched: Bool
    /// The `pthread_attr_t`; 0 for none.
    let attributes: UInt64
  }

  private struct PendingCall {
    let call: LedgerCall
    let stackAfter: UInt64
    /// Whether it should succeed, and has been entered so.
    let isPlain: Bool
    /// Where its thread's id stands in the record of the thread that is joined, and what stood there when the join began:
    /// where it tells whether it has succeeded, so that its return need not be seen.
    var evidence: (address: UInt64, before: UInt32)?
    /// The stack pointer at its entry.
    let stack: UInt64
  }

  /// No more stacks are kept than this, of all sites.
  private static let mostStacks = 512

  init(breakpoints: Breakpoints) { self.breakpoints = breakpoints }

  // MARK: Processes

  func begin(_ process: Int32, name: String, at time: UInt32) {
    names[process] = name
    began[process] = time
  }

  func forked(_ child: Int32, from parent: Int32, name: String, at time: UInt32) {
    begin(child, name: name, at: time)
    guard let watch = watches[parent] else { return }
    var copy = Watch(symbols: watch.symbols, image: nil)
    (copy.isWhole, copy.unwatched, copy.returns) = (watch.isWhole, watch.unwatched, watch.returns)
    copy.isDoubted = watch.isDoubted
    watches[child] = copy
  }

  /// A program is about to begin: the first making of a thread shall be seen, too, even if it fails. To be asked for of
  /// few, as it takes a stop.
  func expectThreads(of process: Int32, by thread: Int32) {
    guard let entry = AuxiliaryValues.entry(of: process), breakpoints.insert(entry, in: process, by: thread) else {
      return
    }
    entries[process] = entry
  }

  func executed(_ process: Int32, name: String, at time: UInt32) {
    settleLast(of: process, at: time)
    ledger.processEnded(process, at: time, .withProgram)
    (watches[process], entries[process]) = (nil, nil)
    begin(process, name: name, at: time)
  }

  func processEnded(_ process: Int32, at time: UInt32) {
    settleLast(of: process, at: time)
    ledger.processEnded(process, at: time)
    (watches[process], names[process], began[process], entries[process]) = (nil, nil, nil, nil)
  }

  /// The ledger knows processes that have made threads.
  private func enter(_ process: Int32) {
    guard let time = began.removeValue(forKey: process) else { return }
    ledger.processBegan(process, name: names[process] ?? "", at: time)
    ledger.cannotWatch(watches[process]?.unwatched ?? [], in: process)
  }

  // MARK: Births and ends

  /// A thread has made another one of its process, and stands still in its clone.
  func created(_ child: Int32, by creator: Int32, in process: Int32, at time: UInt32) {
    enter(process)
    guard let registers = RegisterWords(of: creator) else { return }
    if watches[process]?.isWhole != true {
      watch(process, by: creator)
      if creator == process, let handle = registers.threadPointer {
        ledger.adoptLeader(process, in: process, handle: handle)
      }
    }
    let clone = CloneArguments(registers, of: process)
    let known = watches[process]?.creations.removeValue(forKey: creator)
    if let known, known.isReturnWatched { unwatchReturn(known.returnAddress, in: process, by: creator) }
    let record = clone.threadPointer.flatMap { pointer in
      known != nil || ThreadRecord.isOne(at: pointer, of: process) ? pointer : nil
    }
    guard let handle = record else {
      return ledger.born(child, in: process, by: creator, handle: 0, site: 0, isDetached: true, at: time)
    }
    let routine = known?.routine ?? routine(of: handle, clone, process)
    let isDetached =
      known?.isDetached
      ?? ThreadRecord.isDetached(at: handle, size: watches[process]?.symbols.recordSize, of: process)
    let key = CreationSite.Key(process: process, returnAddress: known?.returnAddress ?? 0, routine: routine)
    let site = ledger.site(key) {
      CreationSite(
        key: key, stackSize: clone.stackSize, stack: stack(of: creator, registers, process))
    }
    ledger.born(
      child, in: process, by: creator, handle: handle, site: site ?? 0, isDetached: isDetached, at: time)
  }

  /// How a thread of a process ended, as far as its own end tells.
  func ended(_ thread: Int32, in process: Int32, _ end: TraceEvent.End, at time: UInt32) {
    // What breakpoints it left at returns stay: nobody else stops there for long, and they go with the process.
    watches[process]?.creations[thread] = nil
    for pending in watches[process]?.calls.removeValue(forKey: thread) ?? [] where pending.isPlain {
      if pending.evidence != nil { settle(pending, at: time) } else { ledger.abandoned(pending.call) }
    }
    switch end {
    case .exited: ledger.ended(thread, ownEnd(of: thread, process), at: time)
    case .killed: ledger.ended(thread, .withProcess, at: time)
    case .replaced, .untold: ledger.ended(thread, .withProgram, at: time)
    default: ledger.ended(thread, .unknown, at: time)
    }
  }

  /// How a thread ended that the kernel says nothing else of: glibc notes it before the last system call
  /// (nptl/descr.h: EXITING_BIT, CANCELED_BIT of `cancelhandling`).
  private func ownEnd(of thread: Int32, _ process: Int32) -> LedgerRecord.Ending {
    guard let offset = watches[process]?.symbols.endingOffset, let record = ledger.living(thread), record.handle != 0,
      record.standing == .joinable || record.standing == .joined
    else { return .returned }
    let bytes = ProcessWords.bytes(at: record.handle &+ offset, 4, of: process)
    // Without its memory the process is no more either.
    guard let bits = bytes.first, bytes.count == 4 else {
      return record.standing == .joinable ? .withProcess : .returned
    }
    guard bits & 0x10 != 0 else { return record.standing == .joinable ? .withoutLibrary : .returned }
    ledger.willEndByItself(thread)
    return bits & 0x08 != 0 ? .cancelled : .returned
  }

  private func watch(_ process: Int32, by thread: Int32) {
    let symbols = watches[process]?.symbols ?? search.symbols(of: process)
    var watch = watches[process] ?? Watch(symbols: symbols)
    // What was put in before counts its users.
    let isNew = watches[process] == nil
    watch.isWhole = true
    watch.unwatched = symbols.isComplete ? [] : ["the functions of libc, whose symbols were not found"]
    for (address, function) in symbols.functions {
      if function == .create, !isNew { continue }
      if !breakpoints.insert(address, in: process, by: thread), function.kind != nil {
        watch.unwatched.append(function.rawValue)
      }
    }
    watch.unwatched.sort()
    watches[process] = watch
    ledger.cannotWatch(watch.unwatched, in: process)
  }

  /// Watches the making of threads, and nothing else until there is one.
  private func watchCreations(_ process: Int32, by thread: Int32) {
    let symbols = search.symbols(of: process)
    guard symbols.isComplete else { return }
    watches[process] = Watch(symbols: symbols)
    for (address, function) in symbols.functions where function == .create {
      breakpoints.insert(address, in: process, by: thread)
    }
  }

  private func routine(of handle: UInt64, _ clone: CloneArguments, _ process: Int32) -> UInt64 {
    if let offset = watches[process]?.symbols.startRoutineOffset {
      return ProcessWords.word(at: handle &+ offset, of: process) ?? 0
    }
    return 0
  }

  /// What is needed to tell the stack of a thread later.
  private func stack(of thread: Int32, _ registers: RegisterWords, _ process: Int32) -> CreationStack? {
    guard stacksKept < Self.mostStacks else { return nil }
    let pc = registers.instructionPointer
    let known = watches[process]?.image
    let isKnown =
      known?.mappings.entry(containing: pc) != nil
      && known?.mappings.entry(containing: registers.stackPointer) != nil
    if !isKnown, let facts = ProcessFacts.ofProcess(process) {
      do throws(ProcessError) {
        watches[process]?.image = try ProcessImage(process: process, reader: thread, facts: facts, threads: [])
      } catch {
        return nil
      }
    }
    guard let image = watches[process]?.image else { return nil }
    stacksKept += 1
    return CreationStack(
      image, thread: thread, registers: registers.bytes, stackPointer: registers.stackPointer,
      finder: ProcessFiles.finder(of: process))
  }

  // MARK: Calls

  /// A thread stands at a breakpoint.
  func hit(_ hit: Breakpoints.Hit, _ thread: Int32, in process: Int32, at time: UInt32) {
    if let entry = entries[process], entry == hit.address {
      entries[process] = nil
      breakpoints.remove(entry, in: process, by: thread)
      watchCreations(process, by: thread)
      return
    }
    ledger.seen(process, at: time)
    settleReturned(thread, hit.registers.stackPointer, process, at: time)
    if let function = watches[process]?.symbols.functions[hit.address] {
      entered(function, hit, thread, process, at: time)
    }
    returned(hit, thread, process, at: time)
  }

  private func entered(
    _ function: LibraryFunction, _ hit: Breakpoints.Hit, _ thread: Int32, _ process: Int32, at time: UInt32
  ) {
    let registers = hit.registers
    guard let first = registers.argument(0) else { return }
    switch function {
    case .create: beginCreation(registers, thread, process)
    case .exit:
      // musl ends every thread through it, and says no more.
      if watches[process]?.symbols.startRoutineOffset == nil {
        ledger.willEndByItself(thread)
      } else {
        ledger.willEnd(thread, .calledExit)
      }
    case .setName:
      guard let address = registers.argument(1) else { return }
      let bytes = ProcessWords.bytes(at: address, 16, of: process)
      ledger.setName(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self), handle: first, in: process)
    case .join, .tryJoin, .timedJoin, .clockJoin, .standardJoin, .detach, .standardDetach:
      guard let kind = function.kind else { return }
      dropStale(thread, registers.stackPointer, process)
      // Functions of libcs, and those that stand before them, call each other: the outermost one counts.
      if let outer = watches[process]?.calls[thread]?.last, outer.call.handle == first { return }
      enter(process)
      let isPlain = ledger.prospect(ofJoining: first, by: thread, in: process) == .plain && !function.mayGiveUp
      let returnAddress = registers.returnAddress(of: process)
      var call = LedgerCall(
        kind: kind, function: function.rawValue, handle: first, thread: thread, process: process,
        returnAddress: returnAddress ?? 0)
      if !isPlain, !function.mayGiveUp { call.stack = stack(of: thread, registers, process) }
      call.library = watches[process]?.symbols.interposers[hit.address]
      let isLeftToEvidence = isPlain && kind == .join && ledger.hasMoreToJoin(process)
      let evidence = isLeftToEvidence ? evidence(ofJoining: first, process) : nil
      let isSeen = evidence != nil || returnAddress.map { watchReturn($0, in: process, by: thread) } ?? false
      guard isSeen else { return ledger.unseen(call) }
      if isPlain {
        if kind == .join { ledger.join(first, by: thread, in: process) } else { ledger.detach(first, in: process) }
      }
      watches[process]?.calls[thread, default: []].append(
        PendingCall(
          call: call, stackAfter: registers.stackPointerAfterReturn, isPlain: isPlain, evidence: evidence,
          stack: registers.stackPointer))
    }
  }

  // MARK: Joins whose return is not seen

  /// Where glibc tells that a join has succeeded: it sets the joined thread's id to -1 before it keeps or frees the record
  /// (nptl/pthread_join_common.c); another thread may have the record soon, and has another id.
  ///
  /// - Returns: nil where the return must be seen: of other libcs, and where something stands before libc.
  private func evidence(ofJoining handle: UInt64, _ process: Int32) -> (address: UInt64, before: UInt32)? {
    guard let watch = watches[process], !watch.isDoubted, watch.symbols.interposers.isEmpty,
      let offset = watch.symbols.idOffset, let id = ProcessWords.number(at: handle &+ offset, of: process),
      id != UInt32.max
    else { return nil }
    return (handle &+ offset, id)
  }

  /// What a thread has returned from, now that it stands elsewhere.
  private func settleReturned(_ thread: Int32, _ stackPointer: UInt64, _ process: Int32, at time: UInt32) {
    while let last = watches[process]?.calls[thread]?.last, last.evidence != nil, last.stack <= stackPointer {
      watches[process]?.calls[thread]?.removeLast()
      settle(last, at: time)
    }
  }

  /// A join that its thread is no longer in.
  private func settle(_ pending: PendingCall, at time: UInt32) {
    guard let (address, before) = pending.evidence else { return }
    let process = pending.call.process
    switch ProcessWords.number(at: address, of: process) {
    case before?, 0?:
      // It was left by a jump or a cancellation, or was refused against all expectation.
      ledger.failed(pending.call)
      watches[process]?.isDoubted = true
    case nil where !ledger.hasEnded(pending.call, by: time): ledger.abandoned(pending.call)
    default: ledger.settled(pending.call, 0, at: time)
    }
  }

  /// The memory of a process is gone: who was in a join that could end has mostly returned from it.
  private func settleLast(of process: Int32, at time: UInt32) {
    for pending in (watches[process]?.calls.values ?? [:].values).joined() where pending.evidence != nil {
      if ledger.hasEnded(pending.call, by: time) {
        ledger.settled(pending.call, 0, at: time)
      } else {
        ledger.abandoned(pending.call)
      }
    }
  }

  /// Puts a breakpoint where joins return to, which stays there: programs join at few places, and often.
  private func watchReturn(_ address: UInt64, in process: Int32, by thread: Int32) -> Bool {
    if watches[process]?.returns.contains(address) == true {
      return breakpoints.stands(address, in: process, by: thread)
    }
    guard breakpoints.insert(address, in: process, by: thread) else { return false }
    watches[process]?.returns.insert(address)
    return true
  }

  private func beginCreation(_ registers: RegisterWords, _ thread: Int32, _ process: Int32) {
    guard let returnAddress = registers.returnAddress(of: process), let attributes = registers.argument(1),
      let routine = registers.argument(2)
    else { return }
    if let stale = watches[process]?.creations.removeValue(forKey: thread), stale.isReturnWatched {
      unwatchReturn(stale.returnAddress, in: process, by: thread)
    }
    let isWatched = breakpoints.insert(returnAddress, in: process, by: thread)
    watches[process]?.creations[thread] = Creation(
      returnAddress: returnAddress, stackAfter: registers.stackPointerAfterReturn, routine: routine,
      isDetached: ThreadRecord.isDetached(attributes, of: process), isReturnWatched: isWatched, attributes: attributes)
  }

  private func unwatchReturn(_ address: UInt64, in process: Int32, by thread: Int32) {
    breakpoints.remove(address, in: process, by: thread)
  }

  /// A call that was left by a jump or an exception has not returned, and never will.
  private func dropStale(_ thread: Int32, _ stackPointer: UInt64, _ process: Int32) {
    while let last = watches[process]?.calls[thread]?.last, last.stackAfter <= stackPointer {
      watches[process]?.calls[thread]?.removeLast()
      if last.isPlain { ledger.abandoned(last.call) }
    }
  }

  private func returned(_ hit: Breakpoints.Hit, _ thread: Int32, _ process: Int32, at time: UInt32) {
    let result = Int32(truncatingIfNeeded: hit.registers.result)
    if let creation = watches[process]?.creations[thread], creation.returnAddress == hit.address,
      creation.stackAfter == hit.registers.stackPointer
    {
      watches[process]?.creations[thread] = nil
      if creation.isReturnWatched { unwatchReturn(hit.address, in: process, by: thread) }
      guard result != 0 else { return }
      enter(process)
      var circumstances = CreationCircumstances(of: process)
      circumstances.stackSize = ThreadRecord.stackSize(creation.attributes, of: process)
      circumstances.notJoined = ledger.notJoinedCount(in: process)
      ledger.creationFailed(
        CreationFailure(
          thread: thread, returnAddress: hit.address, error: result, circumstances: circumstances,
          stack: stack(of: thread, hit.registers, process)),
        in: process, at: time)
    } else if let pending = watches[process]?.calls[thread]?.last, pending.call.returnAddress == hit.address,
      pending.stackAfter == hit.registers.stackPointer
    {
      watches[process]?.calls[thread]?.removeLast()
      var call = pending.call
      if result != 0, call.stack == nil { call.stack = stack(of: thread, hit.registers, process) }
      if pending.isPlain {
        ledger.settled(call, result, at: time)
      } else {
        ledger.returned(call, result, at: time)
      }
    }
  }
}
