internal import CHandrail

extension CallStack {
  /// ``withRoom(_:segmentSize:_:)`` where the present stack is not known to have the room.
  @usableFromInline @inline(never)
  static func grown<Result: ~Copyable, Failure: Error>(
    _ bytes: Int, segmentSize: Int?, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch elsewhere(bytes, segmentSize: segmentSize, limit: nil, body) {
    case .success(let outcome): return try outcome.get()
    case .failure(let exhausted): handrail_no_segment(max(bytes, 0), exhausted.errno)
    }
  }

  /// ``withRoomOrThrow(_:segmentSize:limit:_:)`` where the present stack is not known to have the room.
  @usableFromInline @inline(never)
  static func grownOrThrow<Result: ~Copyable>(
    _ bytes: Int, segmentSize: Int?, limit: Int?, _ body: () throws -> Result
  ) throws -> Result {
    try elsewhere(bytes, segmentSize: segmentSize, limit: limit, body).get().get()
  }

  private static func elsewhere<Success: ~Copyable, Failure: Error>(
    _ bytes: Int, segmentSize: Int?, limit: Int?, _ body: () throws(Failure) -> Success
  ) -> Swift.Result<Swift.Result<Success, Failure>, StackExhaustedError> {
    var outcome: Swift.Result<Success, Failure>?
    let error = withoutActuallyEscaping({ () -> Void in
      do throws(Failure) { outcome = .success(try body()) } catch { outcome = .failure(error) }
    }) { call in
      unsafe withUnsafePointer(to: call) { context in
        unsafe handrail_with_room(
          max(bytes, 0), max(segmentSize ?? 0, 0), limit.map { max($0, 1) } ?? 0,
          { context in
            // The pointer that was given below, to a value that lives as long as this call.
            if let context = unsafe context { unsafe context.assumingMemoryBound(to: (() -> Void).self).pointee() }
          }, UnsafeMutableRawPointer(mutating: context))
      }
    }
    guard error == 0, let outcome = outcome.take() else {
      return .failure(
        StackExhaustedError(
          reason: error == StackExhaustedError.limitReached ? .limit : .kernel(errno: error), bytes: bytes))
    }
    return .success(outcome)
  }
}

extension StackExhaustedError {
  /// EOVERFLOW: how the C below says that the limit was reached.
  static let limitReached: Int32 = 75

  var errno: Int32 {
    switch reason {
    case .limit: Self.limitReached
    case .kernel(let errno): errno
    }
  }
}
