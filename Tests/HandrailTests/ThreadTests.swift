import Foundation
import Synchronization
import Testing

@testable import Handrail

@Suite("Cancellable threads") struct ThreadTests {
  private struct Failure: Error {}

  private func isCancelled<Value>(_ outcome: CancellableThread<Value>.Outcome) -> Bool {
    if case .cancelled = outcome { true } else { false }
  }

  @Test("tell what they returned or threw, and their name and number to the kernel")
  func outcomes() throws {
    let seen = Mutex("")
    let thread = try CancellableThread(name: "a-long-name-of-a-thread") {
      seen.withLock { $0 = (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? "" }
      return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self").split(separator: "/").last
        .flatMap { Int32($0) }
    }
    guard case .value(let number) = try thread.join() else { throw Failure() }
    #expect(number == thread.identifier)
    #expect(seen.withLock { $0 } == "a-long-name-of-\n")
    guard case .failed(let error) = try CancellableThread({ throw Failure() }).join() else { throw Failure() }
    #expect(error is Failure)
    #expect(try CancellableThread({ 7 }).join().get() == 7)
    #expect(throws: Failure.self) { try CancellableThread({ throw Failure() }).join().get() }
    let cancelled = try CancellableThread({ try Blocking.sleep(for: .seconds(100)) })
    cancelled.cancel()
    #expect(throws: BlockingError.cancelled) { try cancelled.join().get() }
  }

  private enum Call: CaseIterable {
    case read, accept, poll, pollForLong, sleep, wait, join, openPipe, write
  }

  @Test("are woken from every blocking call, and told so once", arguments: Call.allCases)
  private func woken(call: Call) throws {
    var pipe: [Int32] = [0, 0]
    #expect(Glibc.pipe(&pipe) == 0)
    defer { pipe.forEach { close($0) } }
    let ends = pipe
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    // A name of the kernel's choice.
    let unnamed = sockaddr(sa_family: sa_family_t(AF_UNIX), sa_data: sockaddr().sa_data)
    let bound = withUnsafePointer(to: unnamed) { bind(listener, $0, 2) }
    #expect(bound == 0 && listen(listener, 1) == 0)
    let folder = NSTemporaryDirectory() + "handrail-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(mkfifo(folder + "/fifo", 0o600) == 0)
    let sleeper = try Process.run(URL(fileURLWithPath: "/bin/sleep"), arguments: ["100"])
    defer { sleeper.terminate() }
    let other = try CancellableThread { try Blocking.sleep(for: .seconds(100)) }
    let again = Mutex(0)
    let thread = try CancellableThread {
      do {
        switch call {
        case .read: _ = try Blocking.read(ends[0], upTo: 10)
        case .write: while true { _ = try Blocking.write(ends[1], [UInt8](repeating: 0, count: 4096)) }
        case .accept: _ = try Blocking.accept(listener)
        case .poll, .pollForLong:
          var requests = [PollRequest(ends[0], for: .readable)]
          _ = try Blocking.poll(&requests, timeout: call == .poll ? nil : .seconds(100))
        case .sleep: try Blocking.sleep(for: .seconds(100))
        case .wait: _ = try Blocking.wait(forChild: sleeper.processIdentifier)
        case .join: _ = try other.join()
        case .openPipe: _ = try Blocking.open(folder + "/fifo", O_RDONLY)
        }
      } catch {
        // Cleaning up is not cancelled.
        try Cancellation.check()
        try Blocking.sleep(for: .milliseconds(1))
        again.withLock { $0 = error is ThreadError ? 1 : 2 }
        throw error
      }
    }
    usleep(20_000)
    #expect(!thread.hasEnded)
    #expect(thread.cancel())
    #expect(isCancelled(try thread.join()))
    #expect(again.withLock { $0 } == (call == .join ? 1 : 2))
    #expect(!thread.cancel())
    other.cancel()
    #expect(isCancelled(try other.join()))
  }

  @Test("a cancellation before the first call is not lost, and one before the thread runs is not either")
  func early() throws {
    for _ in 0..<200 {
      let thread = try CancellableThread { while true { try Blocking.sleep(for: .seconds(1000)) } }
      thread.cancel()
      #expect(isCancelled(try thread.join()))
    }
  }

  @Test("what is held up acts afterwards, and what was thrown elsewhere is no cancellation")
  func held() throws {
    let hasGone = Mutex(false)
    let thread = try CancellableThread {
      Cancellation.withShield {
        do { try Blocking.sleep(for: .milliseconds(200)) } catch { return }
        hasGone.withLock { $0 = Cancellation.isRequested }
      }
      try Cancellation.check()
    }
    usleep(50_000)
    thread.cancel()
    #expect(isCancelled(try thread.join()))
    #expect(hasGone.withLock { $0 })
    guard case .failed = try CancellableThread({ throw BlockingError.cancelled }).join() else { throw Failure() }
  }

  @Test("a computation is left where it is")
  func asynchronous() throws {
    let thread = try CancellableThread {
      try unsafe Cancellation.asynchronously {
        var number: UInt64 = 1
        while number != 0 { number = number &* 6_364_136_223_846_793_005 | 1 }
      }
    }
    usleep(20_000)
    thread.cancel()
    #expect(isCancelled(try thread.join()))
  }

  @Test("clean up by defer, and by what is called on a cancellation only")
  func cleanup() throws {
    let calls = Mutex<[String]>([])
    let thread = try CancellableThread {
      defer { calls.withLock { $0.append("defer") } }
      try Cancellation.withCleanup { () throws(BlockingError) in
      } onCancel: {
        calls.withLock { $0.append("no") }
      }
      try Cancellation.withCleanup { () throws(BlockingError) in
        try Blocking.sleep(for: .seconds(100))
      } onCancel: {
        calls.withLock { $0.append("yes") }
      }
    }
    usleep(10_000)
    thread.cancel()
    #expect(isCancelled(try thread.join()))
    #expect(calls.withLock { $0 } == ["yes", "defer"])
  }

  @Test("are joined once, whenever they ended, and each mistake has a name")
  func joins() throws {
    let thread = try CancellableThread { 1 }
    for _ in 0..<500 { _ = try CancellableThread {} }
    guard case .value(1) = try thread.join() else { throw Failure() }
    #expect(throws: ThreadError.alreadyJoined) { try thread.join() }
    #expect(throws: ThreadError.alreadyJoined) { try thread.detach() }
    let detached = try CancellableThread {}
    try detached.detach()
    #expect(throws: ThreadError.detached) { try detached.join() }
    #expect(throws: ThreadError.detached) { try detached.detach() }
    #expect(throws: ThreadError.cannotCreate(errno: EINVAL)) { _ = try CancellableThread(stackSize: 1) {} }
  }

  @Test("two that wait for each other are told, and so is one that waits for itself")
  func circles() throws {
    let threads = Mutex<[CancellableThread<ThreadError?>]>([])
    let join: @Sendable (Int) -> ThreadError? = { number in
      while threads.withLock({ $0.count }) < 3 { usleep(1000) }
      let other = threads.withLock { $0[number] }
      do throws(ThreadError) {
        _ = try other.join()
        return nil
      } catch { return error }
    }
    let made = try [1, 2, 0].map { next in try CancellableThread { join(next) } }
    threads.withLock { $0 = made }
    while !made.contains(where: \.hasEnded) { usleep(1000) }
    // Whichever came last; the others could join theirs then.
    while !made.allSatisfy(\.hasEnded) { usleep(1000) }
    let itself = Mutex<CancellableThread<ThreadError?>?>(nil)
    let alone = try CancellableThread { () -> ThreadError? in
      while itself.withLock({ $0 == nil }) { usleep(1000) }
      do throws(ThreadError) { _ = try itself.withLock { $0 }?.join() } catch { return error }
      return nil
    }
    itself.withLock { $0 = alone }
    guard case .value(let error) = try alone.join() else { throw Failure() }
    #expect(error == .wouldDeadlock)
    itself.withLock { $0 = nil }
    threads.withLock { $0 = [] }
  }

  @Test("calls give what the kernel gives: bytes, ends, errors, times, statuses")
  func calls() throws {
    #expect(MemoryLayout<PollRequest>.stride == 8 && MemoryLayout<PollRequest>.offset(of: \.returned) == 6)
    let file = try Blocking.open("/dev/zero", O_RDWR)
    defer { close(file) }
    #expect(try Blocking.read(file, upTo: 3) == [0, 0, 0])
    #expect(try Blocking.write(file, [1, 2]) == 2)
    #expect(throws: BlockingError.failed(errno: ENOENT)) { try Blocking.open("/none/at/all", O_RDONLY) }
    #expect(throws: BlockingError.failed(errno: EINVAL)) { try Blocking.open("/dev\0/zero", O_RDONLY) }
    #expect(throws: BlockingError.failed(errno: EBADF)) { try Blocking.read(-1, upTo: 1) }
    #expect(throws: BlockingError.failed(errno: ECHILD)) { try Blocking.wait(forChild: getpid()) }
    var requests = [PollRequest(file, for: [.readable, .writable]), PollRequest(-1, for: .readable)]
    #expect(try Blocking.poll(&requests) == 1)
    #expect(requests[0].returned == [.readable, .writable] && requests[1].returned == [])
    var none: [PollRequest] = []
    let start = ContinuousClock.now
    #expect(try Blocking.poll(&none, timeout: .milliseconds(30)) == 0)
    try Blocking.sleep(for: .milliseconds(30))
    try Blocking.sleep(for: .seconds(-5))
    #expect(ContinuousClock.now - start >= .milliseconds(60))
  }

  @Test("connects and accepts, and is told who refuses")
  func connects() throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0[1...].copyBytes(from: Array("handrail-test-\(getpid())".utf8)) }
    let bytes = withUnsafeBytes(of: address) { Array($0) }
    let client = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { [client, listener].forEach { close($0) } }
    #expect(throws: BlockingError.failed(errno: ECONNREFUSED)) { try Blocking.connect(client, to: bytes.span.bytes) }
    let bound = bytes.withUnsafeBytes {
      bind(listener, $0.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t(bytes.count))
    }
    #expect(bound == 0 && listen(listener, 5) == 0)
    try Blocking.connect(client, to: bytes.span.bytes)
    let accepted = try Blocking.accept(listener)
    defer { close(accepted) }
    #expect(fcntl(accepted, F_GETFD) == FD_CLOEXEC)
    #expect(try Blocking.write(client, [9]) == 1)
    #expect(try Blocking.read(accepted, upTo: 5) == [9])
  }
}
