import Foundation
import TestSupport
import Testing
import Tracing

/// Programs that ran before they were traced.
@Suite("A program that is attached to", .serialized)
struct AttachTests {
  /// A program that works, and how it ends when it is told to.
  private final class Running {
    private let process: RunningProgram
    let pid: Int32

    init(threads: Int) throws {
      let program = try Fixture.compile("tracing_attached.c", with: ["gcc", "-O1"], after: ["-lpthread"])
      // A child of a child: the kernel gives the end of our own child to the thread of ours that traces it.
      process = try RunningProgram(["/bin/sh", "-c", "\"$0\" $1; exit $?", program, "\(threads)"])
      pid = try #require(Int32(process.firstLine()))
    }

    private var isTold = false

    deinit { if !isTold { kill(pid, SIGKILL) } }

    func end() -> Int32? {
      isTold = true
      kill(pid, SIGTERM)
      return process.wait(timeout: 60)?.status
    }

    /// Waits until it is stopped, for ten seconds at most.
    func isStopped() -> Bool {
      for _ in 0..<1000 where ThreadFacts(of: pid)?.state != UInt8(ascii: "T") { usleep(10_000) }
      return ThreadFacts(of: pid)?.state == UInt8(ascii: "T")
    }
  }

  /// Attaches, resumes everything `resumptions` times, and lets all threads go.
  private static func visit(
    _ pid: Int32, lettingGo: Bool, onAttachment: () -> Void = {}
  ) throws -> (attached: Int, departed: Int, problems: [String]) {
    let tracer = Tracer()
    try tracer.attach(process: pid)
    onAttachment()
    var attached: Set<Int32> = []
    var departed = 0
    var born: Set<Int32> = []
    var problems: [String] = []
    let deadline = ContinuousClock.now + .milliseconds(300)
    var isLeaving = false
    while true {
      switch try tracer.next(timeout: .milliseconds(20)) {
      case .nothingLeft: return (attached.count, departed, problems)
      case .nothingYet: break
      case .occurrence(var occurrence):
        switch occurrence.event {
        case .attached(let identity):
          if !attached.insert(identity.thread).inserted { problems.append("attached twice") }
        case .born(let identity, _, _): born.insert(identity.thread)
        case .ended(_, .detached): departed += 1
        default: break
        }
        guard let stopped = occurrence.stopped.take() else { continue }
        if stopped.registers() == nil, case .attached = occurrence.event { problems.append("no registers") }
        if isLeaving { stopped.detach() } else { stopped.resume() }
      }
      if !isLeaving, ContinuousClock.now > deadline, lettingGo {
        isLeaving = true
        for thread in attached.union(born) { tracer.interrupt(thread: thread) }
      }
    }
  }

  @Test("has all its threads told, and is let go unharmed", arguments: [1, 2, 40])
  func visited(threads: Int) async throws {
    let running = try Running(threads: threads)
    let pid = running.pid
    let visit = try await Run.onThread { try Self.visit(pid, lettingGo: true) }
    #expect(visit.attached >= 4 * threads + 2)
    #expect(visit.departed >= 4 * threads + 2)
    #expect(visit.problems.isEmpty)
    #expect(running.end() == 7)
  }

  @Test("is let go where nobody resumes its threads any more, and more than once")
  func again() async throws {
    let running = try Running(threads: 3)
    let pid = running.pid
    for _ in 0..<5 { _ = try await Run.onThread { try Self.visit(pid, lettingGo: true) } }
    #expect(running.end() == 7)
  }

  @Test("may be told to end, and its end is told")
  func ends() async throws {
    let running = try Running(threads: 5)
    let pid = running.pid
    let (attachments, attached) = AsyncStream<Void>.makeStream()
    async let visit = Run.onThread {
      // Even where it throws: nobody is to wait for ever.
      defer { attached.finish() }
      return try Self.visit(pid, lettingGo: false) { attached.finish() }
    }
    for await _ in attachments {}
    #expect(running.end() == 7)
    #expect(try await visit.departed == 0)
  }

  @Test("stays stopped where it was")
  func stopped() async throws {
    let running = try Running(threads: 2)
    let pid = running.pid
    kill(pid, SIGSTOP)
    #expect(running.isStopped())
    _ = try await Run.onThread { try Self.visit(pid, lettingGo: true) }
    #expect(running.isStopped())
    try await Task.sleep(for: .milliseconds(50))
    #expect(ThreadFacts(of: pid)?.state == UInt8(ascii: "T"))
    kill(pid, SIGCONT)
    // SIGCONT ends such calls by itself.
    #expect([7, 8].contains(running.end() ?? 0))
  }

  @Test("that is not there, or cannot be traced, is refused with the reason")
  func refusals() async throws {
    let running = try Running(threads: 1)
    let pid = running.pid
    let refusals = try await Run.onThread {
      let first = Tracer()
      try first.attach(process: pid)
      let second = try Self.refusal(of: pid)
      let kernel = try Self.refusal(of: 2)
      let nobody = try Self.refusal(of: Self.nobody)
      while case .occurrence(var occurrence) = try first.next(timeout: .milliseconds(100)) {
        occurrence.stopped.take()?.detach()
      }
      return (second, kernel, nobody)
    }
    #expect(refusals.2 == .noProcess(Self.nobody))
    #expect(refusals.1 != nil)
    if case .alreadyTraced(pid, by: _)? = refusals.0 {
    } else {
      Issue.record("\(String(describing: refusals.0))")
    }
  }

  /// An id above the largest that the kernel gives.
  private static let nobody: Int32 = 4_194_304

  private static func refusal(of pid: Int32) throws -> TracingError? {
    final class Box: @unchecked Sendable { var error: TracingError? }
    let box = Box()
    let done = DispatchSemaphore(value: 0)
    Thread {
      do { try Tracer().attach(process: pid) } catch { box.error = error as? TracingError }
      done.signal()
    }.start()
    done.wait()
    return box.error
  }
}
