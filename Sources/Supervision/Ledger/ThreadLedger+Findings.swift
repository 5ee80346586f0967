package import Diagnosis

/// What went wrong with threads, in words.
package struct LedgerFinding {
  /// The process that it happened in.
  package let process: LedgerProcess
  package let finding: Finding
}

extension ThreadLedger {
  /// What went wrong, the surest first; empty where all is well.
  package func findings() -> [LedgerFinding] {
    let failures = troubles.map { trouble in
      LedgerFinding(process: processes[trouble.process], finding: finding(trouble))
    }
    let leaks = merged(sites.filter { $0.neverJoined > 0 }).sorted { $0.neverJoined > $1.neverJoined }
      .compactMap(neverJoined)
    return (failures + leaks).enumerated()
      .sorted { ($0.element.finding.certainty, $0.offset) < ($1.element.finding.certainty, $1.offset) }.map(\.element)
  }

  /// "1,280 threads made in 2 processes: 1,270 joined, 8 detached, 2 never joined".
  package var summary: String {
    guard threadCount > 0 else { return "no process made a thread" }
    var counts: [LedgerRecord.Standing: Int] = [:]
    for index in 0..<threadCount { counts[record(index).standing, default: 0] += 1 }
    var parts: [String] = []
    func add(_ standing: LedgerRecord.Standing, _ text: String) {
      if let count = counts[standing], count > 0 { parts.append("\(LedgerWords.grouped(count)) \(text)") }
    }
    add(.joined, "joined")
    add(.joining, "whose join was under way")
    add(.detached, "detached")
    add(.refused, "whose join failed")
    add(.unseen, "of which a join began and was not seen to end")
    add(.foreign, "made without libc")
    let left = sites.reduce(0) { $0 + $1.neverJoined }
    if left > 0 { parts.append("\(LedgerWords.grouped(left)) never joined") }
    let others = (counts[.joinable] ?? 0) + (counts[.untold] ?? 0) - left
    if others > 0 { parts.append("\(LedgerWords.grouped(others)) ended with their process, or as nobody saw") }
    let made = processes.count { $0.threadCount > 0 }
    let blind = processes.count { $0.threadCount > 0 && !$0.unwatched.isEmpty }
    if blind > 0 {
      parts.append("in \(LedgerWords.count(blind, "process", "processes")) not all that joins threads could be watched")
    }
    return
      "\(LedgerWords.count(threadCount, "thread")) made in \(made == 1 ? "1 process" : "\(LedgerWords.grouped(made)) processes"): "
      + parts.joined(separator: ", ")
  }

  // MARK: Never joined

  /// A site whose first thread was made before anybody watched is known twice: without its call, and with it.
  private func merged(_ leaks: [CreationSite]) -> [CreationSite] {
    var result: [CreationSite] = []
    for leak in leaks {
      let same = result.firstIndex {
        $0.key.process == leak.key.process && $0.key.routine == leak.key.routine
          && ($0.key.returnAddress == 0 || leak.key.returnAddress == 0)
          && $0.callers.first == leak.callers.first
      }
      if let same {
        result[same].neverJoined += leak.neverJoined
        result[same].unsure += leak.unsure
        result[same].threadCount += leak.threadCount
      } else {
        result.append(leak)
      }
    }
    return result
  }

  private func neverJoined(_ site: CreationSite) -> LedgerFinding? {
    guard let example = site.example else { return nil }
    let first = record(example)
    let process = process(of: first)
    let count = site.neverJoined
    let routine = site.stack?.name(of: site.key.routine) ?? LedgerWords.hexadecimal(site.key.routine)
    let callers = site.callers
    let place = callers.first
    var statement =
      count == 1
      ? "A thread that began with \(routine) ended, and was neither joined nor detached"
      : "\(LedgerWords.grouped(count)) threads that began with \(routine) ended, and were neither joined nor detached"
    if let place { statement += "; \(count == 1 ? "it was" : "they were") made in \(place)" }
    statement += "."
    if site.stackSize > 0 {
      statement +=
        " \(count == 1 ? "It keeps" : "Each keeps") a stack of \(LedgerWords.bytes(site.stackSize)) of address space"
      statement += count == 1 ? "." : ": \(LedgerWords.bytes(site.stackSize &* UInt64(count))) together."
    }
    var evidence = [
      Evidence(
        "of \(LedgerWords.count(site.threadCount, "thread")) made there, \(LedgerWords.grouped(count)) ended without a "
          + "pthread_join or pthread_detach"),
      Evidence("one of them: \(life(first))"),
    ]
    if !callers.isEmpty { evidence.append(Evidence("made by \(LedgerWords.chain(callers))")) }
    if !process.unwatched.isEmpty {
      evidence.append(
        Evidence("not watched, since no breakpoint can stand there: \(process.unwatched.joined(separator: ", "))"))
    }
    if site.unsure > 0 {
      evidence.append(Evidence("of \(LedgerWords.grouped(site.unsure)) it was not seen how they ended"))
    }
    let isSure = process.unwatched.isEmpty && site.unsure == 0
    return LedgerFinding(
      process: process,
      finding: Finding(
        hazard: .threadsNeverJoined, certainty: isSure ? .proved : process.unwatched.isEmpty ? .likely : .possible,
        thread: first.creator, statement: statement,
        evidence: evidence,
        refutedBy: "A call that joins or detaches threads without libc's functions (pthread_join, pthread_detach and "
          + "their like).",
        remedies: [
          "Join each thread, or detach it (pthread_detach, PTHREAD_CREATE_DETACHED) where nobody wants its result.",
          "A process may have about 32,000 of them: then pthread_create fails with EAGAIN (vm.max_map_count).",
        ]))
  }

  // MARK: Failed calls

  private func finding(_ trouble: LedgerTrouble) -> Finding {
    switch trouble.kind {
    case .call(let call, let result, let before): finding(call, result, before, trouble)
    case .creation(let failure): CreationFinding(failure, count: trouble.count, at: trouble.at).finding
    }
  }

  private func finding(
    _ call: LedgerCall, _ result: Int32, _ before: LedgerRecord?, _ trouble: LedgerTrouble
  ) -> Finding {
    let hazard: Hazard =
      switch before?.standing {
      case .joined: .joinedTwice
      case .detached: .useAfterDetach
      default: .joinFailed
      }
    let callers = call.stack?.frames(from: call.returnAddress) ?? []
    let place = callers.first.map { ", called by \($0)," } ?? ""
    let outcome = result == 0 ? "did not fail, by chance" : "failed with \(LedgerWords.error(result))"
    let times = trouble.count > 1 ? " \(LedgerWords.grouped(trouble.count)) times" : ""
    let why: String =
      switch before?.standing {
      case .joined?:
        "that thread had been joined before, by thread \(before?.joiner ?? 0): its handle means nothing any more"
      case .detached?: "that thread was detached: its handle means nothing once it has ended, and nobody may join it"
      case .joinable? where before?.thread == call.thread: "that is the calling thread itself"
      case .foreign? where before?.thread == call.thread: "that is the calling thread itself"
      case .joinable?:
        result == 35
          ? "that thread waits in pthread_join for the caller"
          : "\(before.map(beginAndEnd) ?? ""), nobody had joined or detached it, and whoever keeps account of threads "
            + "does not know it any more"
      case .joining? where result == Self.invalid:
        "thread \(before?.joiner ?? 0) waited to join that thread, and only one may"
      case .joining?:
        "thread \(before?.joiner ?? 0) had begun to join that thread, and how that ended was not seen"
      case .refused?:
        "a join of that thread had failed before"
      case .unseen?:
        "somebody had begun to join or detach that thread before, and how that ended was not seen"
      case .untold?:
        "that thread was the first that the process made, and may have been made detached: that was not seen"
      case .foreign?, nil: "no thread of this process had that handle"
      }
    var evidence = [
      Evidence(
        "thread \(call.thread) called \(call.function)(\(LedgerWords.hexadecimal(call.handle)), …) after "
          + "\(LedgerWords.seconds(trouble.at)); it returned \(result)\(result == 0 ? "" : " (\(LedgerWords.error(result)))")"
      )
    ]
    if let library = call.library {
      evidence.append(Evidence("this \(call.function) is not libc's, but of \(library)"))
    }
    if before?.standing == .joinable, trouble.joinsBefore > 0 {
      evidence.append(
        Evidence("\(LedgerWords.count(trouble.joinsBefore, "join")) of the process had succeeded before it"))
    }
    if let before {
      evidence.append(Evidence("the thread with that handle: \(life(before))"))
    } else {
      let threads = processes[trouble.process].threadCount
      evidence.append(
        Evidence(
          "\(LedgerWords.count(threads, "thread")) of the process made by libc, and none of them had that handle"))
    }
    if !callers.isEmpty { evidence.append(Evidence("called by \(LedgerWords.chain(callers))")) }
    return Finding(
      hazard: hazard, certainty: Self.certainty(before, result), thread: call.thread,
      statement: "\(call.function)\(place) \(outcome)\(times): \(why).", evidence: evidence,
      refutedBy: before == nil ? "A thread with that handle that was made without libc's pthread_create." : nil,
      remedies: Self.remedies(hazard, before, isOwn: before?.thread == call.thread, result))
  }

  private static func certainty(_ before: LedgerRecord?, _ result: Int32) -> Certainty {
    switch before?.standing {
    case nil, .untold, .unseen: .likely
    // Whoever had begun to join it may be through by now: then it is something else that was refused.
    case .joining: result == invalid ? .proved : .likely
    default: .proved
    }
  }

  private static func remedies(_ hazard: Hazard, _ before: LedgerRecord?, isOwn: Bool, _ result: Int32) -> [String] {
    switch hazard {
    case .joinFailed where isOwn: ["A thread cannot join itself: let another one do it, or detach it."]
    case .joinFailed where result == 35: ["Let one thread join the other, and not each the other."]
    case .joinFailed where before?.standing == .joining: ["Let one place own each thread, and join it there alone."]
    case .joinedTwice: ["Let one place own each thread, and forget the handle when it is joined."]
    case .useAfterDetach: ["Either detach a thread or join it, never both."]
    default:
      before == nil
        ? ["Look where the handle comes from: it may be uninitialised, of another process (after fork), or freed."]
        : ["Look at what the system did with the thread when it ended: its id must be cleared and its joiner woken."]
    }
  }

  /// The whole life of a thread, in a sentence.
  func life(_ record: LedgerRecord) -> String {
    let site = sites[Int(record.site)]
    if record.creator == 0 { return "thread \(record.thread) is the first of its process" }
    var text = "thread \(record.thread)"
    if !name(of: record).isEmpty { text += " (\(name(of: record)))" }
    if let routine = site.stack?.name(of: site.key.routine) { text += ", which began with \(routine)," }
    text += " was made by thread \(record.creator) after \(LedgerWords.seconds(record.born))"
    switch record.ending {
    case .lives: text += ", had not ended"
    case .returned: text += ", ended after \(LedgerWords.seconds(record.ended))"
    case .calledExit: text += ", ended by pthread_exit after \(LedgerWords.seconds(record.ended))"
    case .cancelled: text += ", was cancelled and ended after \(LedgerWords.seconds(record.ended))"
    case .withoutLibrary:
      text += ", ended after \(LedgerWords.seconds(record.ended)) by the system call, or with its process"
    case .withProcess, .withProgram: text += ", ended with its process after \(LedgerWords.seconds(record.ended))"
    case .unknown: text += ", ended"
    }
    switch record.standing {
    case .joinable: text += ", was neither joined nor detached"
    case .joining: text += ", was being joined by thread \(record.joiner)"
    case .joined: text += ", was joined by thread \(record.joiner)"
    case .detached: text += ", was detached"
    case .unseen: text += ", and how a join of it ended was not seen"
    case .refused: text += ", and a join of it was refused"
    case .untold, .foreign: break
    }
    return text
  }

  /// "thread 12 was made by thread 10 after 0.004 s and had ended after 0.005 s".
  private func beginAndEnd(_ record: LedgerRecord) -> String {
    "thread \(record.thread) was made by thread \(record.creator) after \(LedgerWords.seconds(record.born)) and "
      + (record.ended == 0 ? "still lived" : "had ended after \(LedgerWords.seconds(record.ended))")
  }
}

extension CreationSite {
  /// What the program did there, innermost first.
  fileprivate var callers: [String] { stack?.frames(from: key.returnAddress) ?? [] }
}
