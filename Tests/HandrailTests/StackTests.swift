import Foundation
import Synchronization
import Testing

@testable import Handrail

/// Within this process: what a function on a segment returns, throws and sees.
@Suite("Growing stacks") struct StackTests {
  private struct Failure: Error, Equatable {
    let number: Int
  }

  @TaskLocal private static var word = "none"

  /// More than any stack of a test's has.
  private static let muchRoom = 64 << 20

  @Test("a function with room enough runs where it is, and its result and error come back")
  func enough() throws {
    #expect(CallStack.withRoom(16 << 10) { (7, CallStack.segments.count) } == (7, 0))
    #expect(throws: Failure(number: 3)) { try CallStack.withRoom(16 << 10) { throw Failure(number: 3) } }
  }

  @Test(
    "a function without runs on a segment of the size that was asked for, with as much room, and none is left after it")
  func grown() throws {
    let inside = CallStack.withRoom(Self.muchRoom, segmentSize: 100 << 20) { (CallStack.room ?? 0, CallStack.segments) }
    #expect(inside.0 >= Self.muchRoom)
    #expect(inside.1 == (1, 100 << 20))
    #expect(CallStack.segments == (0, 0))
  }

  @Test("errors, typed and not, pass through segments within segments")
  func errors() {
    func deep(_ depth: Int) throws(Failure) -> Int {
      // More each time than the segment before can have.
      try CallStack.withRoom(Self.muchRoom + (4 - depth) * Self.muchRoom / 2) { () throws(Failure) in
        if depth == 0 { throw Failure(number: CallStack.segments.count) }
        return try deep(depth - 1)
      }
    }
    #expect(throws: Failure(number: 5)) { try deep(4) }
    #expect(throws: CancellationError.self) {
      try CallStack.withRoomOrThrow(Self.muchRoom) { throw CancellationError() }
    }
    #expect(CallStack.segments.count == 0)
  }

  @Test("a task's cancellation, priority and local values are seen on a segment")
  func tasks() async {
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return Self.$word.withValue("here") {
        CallStack.withRoom(Self.muchRoom) { () -> (String, Bool, Bool) in
          let hasThrown: Bool
          do {
            try Task.checkCancellation()
            hasThrown = false
          } catch { hasThrown = true }
          return (Self.word, Task.isCancelled, hasThrown)
        }
      }
    }
    task.cancel()
    #expect(await task.value == ("here", true, true))
  }

  @Test("a limit on segments is kept, and what cannot be had is thrown")
  func limits() throws {
    let reason = CallStack.withRoom(Self.muchRoom) { () -> StackExhaustedError.Reason? in
      do {
        try CallStack.withRoomOrThrow(Self.muchRoom * 2, limit: Self.muchRoom * 2) {}
        return nil
      } catch { return (error as? StackExhaustedError)?.reason }
    }
    #expect(reason == .limit)
    #expect(throws: StackExhaustedError(reason: .kernel(errno: ENOMEM), bytes: 1 << 60)) {
      try CallStack.withRoomOrThrow(1 << 60) {}
    }
    #expect(throws: StackExhaustedError.self) { try CallStack.withRoomOrThrow(1 << 45) {} }
  }

  @Test("a limit of nothing is one, and what a limit leaves is given where it is enough")
  func smallLimits() throws {
    #expect(throws: StackExhaustedError(reason: .limit, bytes: Self.muchRoom)) {
      try CallStack.withRoomOrThrow(Self.muchRoom, limit: 0) {}
    }
    #expect(throws: StackExhaustedError.self) { try CallStack.withRoomOrThrow(Self.muchRoom, limit: -1) {} }
    let most = Self.muchRoom * 3
    let taken = try CallStack.withRoomOrThrow(Self.muchRoom, segmentSize: Self.muchRoom * 4, limit: most) {
      CallStack.segments.bytes
    }
    #expect(taken == most)
  }

  private final class Deinits: Sendable {
    let count = Mutex(0)
  }

  private struct Owned: ~Copyable {
    let number: Int
    let deinits: Deinits
    deinit { deinits.count.withLock { $0 += 1 } }
  }

  @Test("results that cannot be copied come back once")
  func owned() throws {
    let deinits = Deinits()
    do {
      let grown = CallStack.withRoom(Self.muchRoom) { Owned(number: 1, deinits: deinits) }
      let thrown = try CallStack.withRoomOrThrow(Self.muchRoom) { Owned(number: grown.number + 1, deinits: deinits) }
      let near = CallStack.withRoom(1024) { Owned(number: thrown.number + 1, deinits: deinits) }
      #expect(deinits.count.withLock { $0 } == 0)
      let number = near.number
      #expect(number == 3)
      CallStack.release(near)
      #expect(deinits.count.withLock { $0 } == 1)
    }
    #expect(deinits.count.withLock { $0 } == 3)
  }

  /// A list whose end is a million nodes away: each gives back the next one.
  private final class Node {
    private var next: Node?
    init(_ next: Node?) { self.next = next }
    deinit { CallStack.release(next.take()) }
  }

  @Test("a list of a million nodes is given back")
  func list() {
    weak var last: Node?
    do {
      var first = Node(nil)
      last = first
      for _ in 0..<1_000_000 { first = Node(first) }
    }
    #expect(last == nil)
    #expect(CallStack.segments.count == 0)
  }

  @Test("numbers without sense do no harm")
  func nonsense() {
    #expect(CallStack.withRoom(-5, segmentSize: -1) { 1 } == 1)
    #expect(CallStack.withRoom(0) { 2 } == 2)
    #expect(throws: StackExhaustedError.self) { try CallStack.withRoomOrThrow(.max) {} }
  }

  @Test("segments are used again: ten thousand calls take no more mappings than one")
  func used() throws {
    func mappings() throws -> Int {
      try String(contentsOfFile: "/proc/self/maps", encoding: .utf8).split(separator: "\n").count
    }
    func twice() { CallStack.withRoom(10 << 20) { CallStack.withRoom(1 << 20) {} } }
    twice()
    let before = try mappings()
    for _ in 0..<10_000 { twice() }
    #expect(try mappings() < before + 40)
  }

  @Test(
    "each kind of stack is known: room is near its size, and less after use", arguments: ["thread", "task", "ours"])
  func kinds(kind: String) async throws {
    switch kind {
    case "thread":
      await withCheckedContinuation { continuation in
        let thread = Thread {
          Self.compareWithKernel()
          continuation.resume()
        }
        thread.start()
      }
    case "task": await Task.detached { Self.compareWithKernel() }.value
    default:
      guard case .value(let told) = try CancellableThread(stackSize: 512 << 10, { CallStack.room ?? 0 }).join() else {
        throw Failure(number: 0)
      }
      // libc may give it one that another thread has left.
      #expect(told > 400 << 10)
    }
  }

  /// Below a thread's stack lies its guard: its mapping ends where it does.
  private static func compareWithKernel() {
    var mark = 0
    let address = withUnsafePointer(to: &mark) { UInt(bitPattern: $0) }
    let mappings = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8))?.split(separator: "\n") ?? []
    let starts = mappings.compactMap { line -> UInt? in
      let ends = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
      return ends.count == 2 && ends[0] <= address && address < ends[1] ? ends[0] : nil
    }
    #expect(starts.count == 1)
    let difference = Int(address - (starts.first ?? 0)) - (CallStack.room ?? 0)
    // The reserve, the guard's page, and what lies between the two frames.
    #expect(difference >= 16 << 10 && difference < 32 << 10)
  }
}
