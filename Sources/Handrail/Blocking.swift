internal import CHandrail

/// System calls that may take long, and that a cancellation ends.
///
/// On a thread of ``CancellableThread`` each is a cancellation point: where the thread is cancelled before the call has done
/// anything, it throws ``BlockingError/cancelled`` and has done nothing. Where it had done something, it returns that, and
/// the cancellation acts at the next point. So no descriptor is lost that the kernel had opened already, and no byte that it
/// had read. On other threads they are what they always were.
///
/// They take up again what a signal has interrupted. Descriptors are closed with the program's usual means: closing is no
/// cancellation point.
///
/// The corresponding C functions are `read`, `write`, `accept4`, `connect`, `openat`, `ppoll`, `clock_nanosleep` and `wait4`.
public enum Blocking {
  /// Reads up to as many bytes as there is room for.
  /// - Returns: how many were read; 0 at the end.
  public static func read(_ descriptor: Int32, into bytes: inout MutableRawSpan) throws(BlockingError) -> Int {
    let result = unsafe bytes.withUnsafeMutableBytes { bytes in
      repeated { call(handrail_read, Int(descriptor), address(bytes.baseAddress), bytes.count) }
    }
    return try checked(result)
  }

  /// Reads up to so many bytes.
  /// - Returns: what was read; nothing at the end.
  public static func read(_ descriptor: Int32, upTo count: Int) throws(BlockingError) -> [UInt8] {
    var result = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: max(count, 0)) { bytes, initialized in
      result = repeated { call(handrail_read, Int(descriptor), address(bytes.baseAddress), bytes.count) }
      initialized = max(result, 0)
    }
    _ = try checked(result)
    return bytes
  }

  /// Writes bytes, or the first of them.
  /// - Returns: how many were written.
  public static func write(_ descriptor: Int32, _ bytes: RawSpan) throws(BlockingError) -> Int {
    let result = unsafe bytes.withUnsafeBytes { bytes in
      repeated { call(handrail_write, Int(descriptor), address(bytes.baseAddress), bytes.count) }
    }
    return try checked(result)
  }

  /// Writes bytes, or the first of them.
  /// - Returns: how many were written.
  public static func write(_ descriptor: Int32, _ bytes: [UInt8]) throws(BlockingError) -> Int {
    try unsafe write(descriptor, bytes.span.bytes)
  }

  /// Opens a file.
  /// - Parameters:
  ///   - path: without a zero byte in it: with one, EINVAL.
  ///   - flags: `O_RDONLY` and so on; O_CLOEXEC is added.
  ///   - mode: the permissions of a file that is made.
  /// - Returns: the descriptor, which the caller has to close.
  public static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0o666) throws(BlockingError) -> Int32 {
    if path.utf8.contains(0) { throw .failed(errno: Errno.invalid) }
    let result = unsafe path.withCString { path in
      repeated {
        call(
          handrail_openat, Fixed.currentFolder, Int(bitPattern: path), Int(flags | Fixed.closeOnExec), Int(mode))
      }
    }
    return Int32(truncatingIfNeeded: try checked(result))
  }

  /// Accepts a connection to a listening socket.
  /// - Returns: the new descriptor, which the caller has to close, and is closed at an exec.
  public static func accept(_ socket: Int32) throws(BlockingError) -> Int32 {
    let result = repeated { call(handrail_accept4, Int(socket), 0, 0, Int(Fixed.closeOnExec)) }
    return Int32(truncatingIfNeeded: try checked(result))
  }

  /// Connects a socket. One that a signal has interrupted goes on by itself: it is waited for, by ``poll(_:timeout:)``'s means.
  /// - Parameters:
  ///   - socket: its descriptor.
  ///   - address: a `sockaddr` of the socket's family, as it lies in memory.
  public static func connect(_ socket: Int32, to address: RawSpan) throws(BlockingError) {
    let result = unsafe address.withUnsafeBytes { bytes in
      call(handrail_connect, Int(socket), self.address(bytes.baseAddress), bytes.count)
    }
    guard result == -Int(Errno.interrupted) else {
      _ = try checked(result)
      return
    }
    var waiting = [PollRequest(socket, for: .writable)]
    _ = try poll(&waiting)
    try checkConnection(socket)
  }

  private static func checkConnection(_ socket: Int32) throws(BlockingError) {
    let error = handrail_socket_error(socket)
    if error != 0 { throw .failed(errno: error) }
  }

  /// Waits for a child process to end.
  /// - Parameter child: its number; -1 for any.
  /// - Returns: which one ended, and its status as `wait(2)` tells it.
  public static func wait(forChild child: Int32 = -1) throws(BlockingError) -> (child: Int32, status: Int32) {
    var status: Int32 = 0
    let result = unsafe withUnsafeMutablePointer(to: &status) { status in
      repeated { call(handrail_wait4, Int(child), Int(bitPattern: status), 0, 0) }
    }
    return (Int32(truncatingIfNeeded: try checked(result)), status)
  }
}

/// What a blocking call did not do.
public enum BlockingError: Error, Sendable, Equatable {
  /// The thread was cancelled, and the call has done nothing. Said once: what is called afterwards, to clean up, is not
  /// cancelled again. Throw it on.
  case cancelled
  /// The call failed.
  case failed(errno: Int32)
}

extension Blocking {
  static func call(_ number: Int, _ a: Int, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0, _ e: Int = 0, _ f: Int = 0) -> Int
  {
    handrail_call(number, a, b, c, d, e, f)
  }

  /// Makes a call again as often as a signal interrupts it.
  static func repeated(_ call: () -> Int) -> Int {
    while true {
      let result = call()
      if result != -Int(Errno.interrupted) { return result }
    }
  }

  static func checked(_ result: Int) throws(BlockingError) -> Int {
    if result >= 0 { return result }
    if result == Int(HANDRAIL_CANCELLED) { throw .cancelled }
    throw .failed(errno: Int32(truncatingIfNeeded: -result))
  }

  @safe static func address(_ pointer: UnsafeRawPointer?) -> Int { Int(bitPattern: pointer) }
}

/// Errors as Linux numbers them on both architectures (asm-generic/errno-base.h, errno.h).
enum Errno {
  static let interrupted: Int32 = 4
  static let invalid: Int32 = 22
  static let noProcess: Int32 = 3
  static let deadlock: Int32 = 35
  static let unsupported: Int32 = 95
}

/// Constants of Linux that are the same on both architectures.
enum Fixed {
  static let currentFolder = -100
  static let closeOnExec: Int32 = 0o2000000
  static let monotonicClock = 1
  static let absoluteTime = 1
}
