internal import CHandrail

extension CallStack {
  /// ``withRoom(_:segmentSize:_:)`` where the present stack is not known to have the room.
  ///
  /// Inlinable so that it is compiled for the types that its callers have.
  @inlinable @inline(never)
  static func grown<Result: ~Copyable, Failure: Error>(
    _ bytes: Int, segmentSize: Int?, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var outcome: Swift.Result<Result, Failure>?
    do throws(StackExhaustedError) {
      try onSegment(bytes, segmentSize: segmentSize, limit: nil) {
        do throws(Failure) { outcome = .success(try body()) } catch { outcome = .failure(error) }
      }
    } catch { endWithoutSegment(error) }
    // It was called, as no error says that it was not.
    guard let outcome = outcome.take() else { endWithoutSegment(nil) }
    return try outcome.get()
  }

  /// ``withRoomOrThrow(_:segmentSize:limit:_:)`` where the present stack is not known to have the room.
  @inlinable @inline(never)
  static func grownOrThrow<Result: ~Copyable>(
    _ bytes: Int, segmentSize: Int?, limit: Int?, _ body: () throws -> Result
  ) throws -> Result {
    var outcome: Swift.Result<Result, any Error>?
    try onSegment(bytes, segmentSize: segmentSize, limit: limit) {
      do { outcome = .success(try body()) } catch { outcome = .failure(error) }
    }
    guard let outcome = outcome.take() else { endWithoutSegment(nil) }
    return try outcome.get()
  }

  /// Calls a function where there is so much room, on a segment if need be.
  @usableFromInline
  static func onSegment(
    _ bytes: Int, segmentSize: Int?, limit: Int?, _ body: () -> Void
  ) throws(StackExhaustedError) {
    let error = withoutActuallyEscaping(body) { call in
      unsafe withUnsafePointer(to: call) { context in
        unsafe handrail_with_room(
          max(bytes, 0), max(segmentSize ?? 0, 0), limit.map { max($0, 1) } ?? 0,
          { context in
            // The pointer that was given below, to a value that lives as long as this call.
            if let context = unsafe context { unsafe context.assumingMemoryBound(to: (() -> Void).self).pointee() }
          }, UnsafeMutableRawPointer(mutating: context))
      }
    }
    if error != 0 {
      throw StackExhaustedError(reason: error == limitReached ? .limit : .kernel(errno: error), bytes: bytes)
    }
  }

  @usableFromInline
  static func endWithoutSegment(_ error: StackExhaustedError?) -> Never {
    handrail_no_segment(max(error?.bytes ?? 0, 0), error?.errno ?? 0)
  }

  /// EOVERFLOW: how the C below says that the limit was reached.
  fileprivate static let limitReached: Int32 = 75
}

extension StackExhaustedError {
  fileprivate var errno: Int32 {
    switch reason {
    case .limit: CallStack.limitReached
    case .kernel(let errno): errno
    }
  }
}
