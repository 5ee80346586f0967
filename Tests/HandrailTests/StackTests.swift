import Foundation
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
    #expect(Stack.withRoom(16 << 10) { (7, Stack.segments.count) } == (7, 0))
    #expect(throws: Failure(number: 3)) { try Stack.withRoom(16 << 10) { throw Failure(number: 3) } }
  }

  @Test(
    "a function without runs on a segment of the size that was asked for, with as much room, and none is left after it")
  func grown() throws {
    let inside = Stack.withRoom(Self.muchRoom, segment: 100 << 20) { (Stack.room ?? 0, Stack.segments) }
    #expect(inside.0 >= Self.muchRoom)
    #expect(inside.1 == (1, 100 << 20))
    #expect(Stack.segments == (0, 0))
  }

  @Test("errors, typed and not, pass through segments within segments")
  func errors() {
    func deep(_ depth: Int) throws(Failure) -> Int {
      // More each time than the segment before can have.
      try Stack.withRoom(Self.muchRoom + (4 - depth) * Self.muchRoom / 2) { () throws(Failure) in
        if depth == 0 { throw Failure(number: Stack.segments.count) }
        return try deep(depth - 1)
      }
    }
    #expect(throws: Failure(number: 5)) { try deep(4) }
    #expect(throws: CancellationError.self) { try Stack.withRoomOrThrow(Self.muchRoom) { throw CancellationError() } }
    #expect(Stack.segments.count == 0)
  }

  @Test("a task's cancellation, priority and local values are seen on a segment")
  func tasks() async {
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return Self.$word.withValue("here") {
        Stack.withRoom(Self.muchRoom) { () -> (String, Bool, Bool) in
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
    let reason = Stack.withRoom(Self.muchRoom) { () -> StackExhausted.Reason? in
      do {
        try Stack.withRoomOrThrow(Self.muchRoom * 2, limit: Self.muchRoom * 2) {}
        return nil
      } catch { return (error as? StackExhausted)?.reason }
    }
    #expect(reason == .limit)
    #expect(throws: StackExhausted(reason: .kernel(errno: ENOMEM), bytes: 1 << 60)) {
      try Stack.withRoomOrThrow(1 << 60) {}
    }
    #expect(throws: StackExhausted.self) { try Stack.withRoomOrThrow(1 << 45) {} }
  }

  @Test("numbers without sense do no harm")
  func nonsense() {
    #expect(Stack.withRoom(-5, segment: -1) { 1 } == 1)
    #expect(Stack.withRoom(0) { 2 } == 2)
    #expect(throws: StackExhausted.self) { try Stack.withRoomOrThrow(.max) {} }
  }

  @Test("segments are used again: ten thousand calls take no more mappings than one")
  func used() throws {
    func mappings() throws -> Int {
      try String(contentsOfFile: "/proc/self/maps", encoding: .utf8).split(separator: "\n").count
    }
    func twice() { Stack.withRoom(10 << 20) { Stack.withRoom(1 << 20) {} } }
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
      guard case .value(let told) = try CancellableThread(stackSize: 512 << 10, { Stack.room ?? 0 }).join() else {
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
    let difference = Int(address - (starts.first ?? 0)) - (Stack.room ?? 0)
    // The reserve, the guard's page, and what lies between the two frames.
    #expect(difference >= 16 << 10 && difference < 32 << 10)
  }
}
