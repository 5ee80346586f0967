// Inlined into other modules, which therefore see the C below.
public import CHandrail

/// The stack that code runs on, and how to have more of it.
///
/// Recursive code on input that others made runs as deep as the input is nested: a parser, a walk over a tree, `deinit` of a
/// long list. Ask for room where it recurses, and it goes on in a segment of memory where the present stack has no more:
///
/// ```swift
/// func parse() throws -> Node {
///   try CallStack.withRoom { try parseHere() }
/// }
/// ```
///
/// The limit of the present stack is known: of the main thread's, of every other thread's and of every segment it is found
/// once. So a call grows the stack only where it lacks the room. Where it does not, it costs under 2 ns in optimised code.
/// A stack that was made in another way (an alternate signal stack, a fiber) is asked for each time, and left for a segment
/// where its end cannot be told: in memory of malloc's, or without a guard.
///
/// Errors thrown through a segment, a task's cancellation and task-local values pass; so do unwinders, which find call frame
/// information that holds at every instruction of the switch: gdb, Swift's own backtraces, `inquest`. Below a segment lies a
/// mebibyte that cannot be touched, and whoever touches it is told of on standard error before the program dies of it, or its
/// own handler of SIGSEGV is called. Segments and their guard are named "handrail stack segment" in `/proc/PID/maps` where the
/// kernel can name memory (Linux 5.17 and CONFIG_ANON_VMA_NAME).
///
/// A segment is of 1 MiB, or of as many bytes as `HANDRAIL_SEGMENT` in the environment says ("262144", "512K", "4M"; anything
/// else is as if it were not there), and each further one as large as all that the thread is on, up to 64 MiB: a deep recursion
/// has few, and seldom crosses from one to the next. None is below 256 KiB, unless a limit or the kernel allows no more: then it
/// is as large as they allow, if that is enough for what was asked for. Up to 16 MiB of segments that a thread has left are kept for its next ones, until it ends.
///
/// What cannot be done: `async` functions have frames of their own, and do not run on segments. A function that `longjmp`s or
/// ends its thread out of a segment leaves that behind until the thread ends. Not for signal handlers. A program that lowers
/// RLIMIT_STACK after its main thread has asked is not believed to have done so.
public enum CallStack {
  /// What ``withRoom(_:segmentSize:_:)`` asks for unless it is told otherwise: 128 KiB. Enough for what calls of the standard library
  /// take, and for a signal handler.
  public static let defaultRoom = 128 << 10

  /// Calls a function with at least so many bytes of stack.
  ///
  /// Where no segment can be had, because memory or mappings have run out, the program ends with a message. Where the depth
  /// is somebody else's choice, ``withRoomOrThrow(_:segmentSize:limit:_:)`` is the better one.
  /// - Parameters:
  ///   - bytes: what `body` may use until it asks again.
  ///   - segmentSize: the size in bytes of a segment, should one be needed; nil for the usual one.
  ///   - body: what is called, once, on this thread.
  /// - Returns: what `body` returns.
  /// - Throws: what `body` throws.
  @inlinable @inline(__always)
  public static func withRoom<Result: ~Copyable, Failure: Error>(
    _ bytes: Int = CallStack.defaultRoom, segmentSize: Int? = nil, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    if handrail_has_room(bytes) { return try body() }
    return try CallStack.grown(bytes, segmentSize: segmentSize, body)
  }

  /// Calls a function with at least so many bytes of stack, or throws.
  ///
  /// - Parameters:
  ///   - bytes: what `body` may use until it asks again.
  ///   - segmentSize: the size in bytes of a segment, should one be needed; nil for the usual one.
  ///   - limit: how many bytes the segments that this thread is on may have together: what bounds the depth of a recursion that
  ///     others' input drives. nil for as many as there is memory for.
  ///   - body: what is called, once, on this thread.
  /// - Returns: what `body` returns.
  /// - Throws: ``StackExhaustedError`` where no segment can be had, and what `body` throws.
  @inlinable @inline(__always)
  public static func withRoomOrThrow<Result: ~Copyable>(
    _ bytes: Int = CallStack.defaultRoom, segmentSize: Int? = nil, limit: Int? = nil, _ body: () throws -> Result
  ) throws -> Result {
    if handrail_has_room(bytes) { return try body() }
    return try CallStack.grownOrThrow(bytes, segmentSize: segmentSize, limit: limit, body)
  }

  /// Gives up a value, and with it all that it is the last to hold, with room for that: `deinit` of a list's node, or of a tree's.
  ///
  /// ```swift
  /// deinit { CallStack.release(next.take()) }
  /// ```
  ///
  /// Taken out of the property first: `withRoom { next = nil }` would keep the property's access open while the next node goes,
  /// and Swift looks through all open accesses at each new one, which takes minutes for a long list. An `indirect enum` is given
  /// up by code of the compiler's that does not ask for room.
  @inlinable
  public static func release<Value: ~Copyable>(_ value: consuming Value) {
    var last: Value? = consume value
    CallStack.withRoom { last = nil }
    _ = last
  }

  /// How many bytes of the present stack are left for use; nil on a stack that nobody knows the end of.
  ///
  /// Without what is kept at the end of each stack for signal handlers and for growing: 16 KiB.
  public static var room: Int? {
    let room = handrail_room()
    return room < 0 ? nil : room
  }

  /// How many segments this thread runs on, and their size in bytes together.
  public static var segments: (count: Int, bytes: Int) {
    var count = 0
    var bytes = 0
    unsafe handrail_segments(&count, &bytes)
    return (count, bytes)
  }
}

/// No segment could be had: the limit was reached (``StackExhaustedError/Reason/limit``), or the kernel gave no memory.
public struct StackExhaustedError: Error, Sendable, Equatable {
  /// Why there is no segment.
  public enum Reason: Sendable, Equatable {
    /// It would have exceeded the limit that the call gave.
    case limit
    /// `mmap(2)` or `mprotect(2)` failed, with this errno: ENOMEM for lack of memory, of addresses (RLIMIT_AS) or of
    /// mappings (`vm.max_map_count`).
    case kernel(errno: Int32)
  }

  /// Why there is no segment.
  public let reason: Reason

  /// The bytes that were asked for.
  public let bytes: Int
}
