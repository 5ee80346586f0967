internal import CHandrail

/// What a thread does, as an object that a pointer can stand for.
final class Work: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Written by the thread before it ends, read by the one that has joined it: the futex between them orders the two.
final class ThreadResult<Value: Sendable>: @unchecked Sendable {
  var outcome: CancellableThread<Value>.Outcome?
}

/// Owns a reference to a thread of the C below.
@safe struct Handle: ~Copyable, @unchecked Sendable {
  private let thread: OpaquePointer

  init(name: String?, stackSize: Int?, _ work: Work) throws(ThreadError) {
    var made: OpaquePointer?
    let error = unsafe withOptionalCString(name) { name in
      unsafe handrail_thread_create(
        &made, max(stackSize ?? 0, 0), name,
        { context in
          if let context = unsafe context { unsafe Unmanaged<Work>.fromOpaque(context).takeUnretainedValue().run() }
        },
        { context in
          if let context = unsafe context { unsafe Unmanaged<Work>.fromOpaque(context).release() }
        }, Unmanaged.passRetained(work).toOpaque())
    }
    guard error == 0, let made = unsafe made else { throw .cannotCreate(errno: error) }
    unsafe thread = made
  }

  deinit { unsafe handrail_thread_release(thread) }

  borrowing func join() throws(ThreadError) { try Self.check(unsafe handrail_thread_join(thread)) }
  borrowing func detach() throws(ThreadError) { try Self.check(unsafe handrail_thread_detach(thread)) }
  borrowing func cancel() -> Bool { unsafe handrail_thread_cancel(thread) }
  var hasEnded: Bool { unsafe handrail_thread_has_ended(thread) }
  var identifier: Int32? {
    let identifier = unsafe handrail_thread_id(thread)
    return identifier == 0 ? nil : identifier
  }

  private static func check(_ error: Int32) throws(ThreadError) {
    switch error {
    case 0: return
    case Int32(HANDRAIL_CANCELLED): throw .cancelled
    case Errno.deadlock: throw .wouldDeadlock
    case Errno.unsupported: throw .detached
    case Errno.noProcess: throw .notInThisProcess
    default: throw .alreadyJoined
    }
  }
}

/// Lends a string's bytes with a zero behind them, or null.
func withOptionalCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
  guard let text else { return body(nil) }
  return unsafe text.withCString { unsafe body($0) }
}
