internal import CHandrail

/// What is waited for at a descriptor, and what has come.
public struct PollRequest: Sendable, Equatable {
  /// Events as `poll(2)` has them.
  public struct Events: OptionSet, Sendable {
    /// The bits, as the kernel has them: others than those named here may be among them.
    public let rawValue: Int16
    /// Events by the kernel's bits.
    public init(rawValue: Int16) { self.rawValue = rawValue }
    /// There is something to read, or a connection to accept, or the end.
    public static let readable = Events(rawValue: 1)
    /// Writing would not block.
    public static let writable = Events(rawValue: 4)
    /// An error. Told without being asked for, as are the next two.
    public static let error = Events(rawValue: 8)
    /// The other end has left.
    public static let hungUp = Events(rawValue: 16)
    /// The descriptor is not open.
    public static let notOpen = Events(rawValue: 32)
  }

  /// The descriptor; a negative one is left out.
  public var descriptor: Int32
  /// What is waited for.
  public var events: Events
  /// What has come.
  public var returned: Events

  /// Asks for some events at a descriptor.
  public init(_ descriptor: Int32, for events: Events) {
    self.descriptor = descriptor
    self.events = events
    returned = []
  }
}

extension Blocking {
  /// Waits until something comes at one of some descriptors.
  /// - Parameters:
  ///   - requests: which descriptors, and for what.
  ///   - timeout: how long at most; nil for ever.
  /// - Returns: at how many of them something came, which their `returned` tells.
  public static func poll(_ requests: inout [PollRequest], timeout: Duration? = nil) throws(BlockingError) -> Int {
    let deadline = timeout.map { ContinuousClock.now + $0 }
    while true {
      var left = deadline.map { KernelTime($0 - ContinuousClock.now) } ?? KernelTime(.zero)
      let result = unsafe requests.withUnsafeMutableBytes { requests in
        unsafe withUnsafeMutablePointer(to: &left) { left in
          call(
            handrail_ppoll, address(requests.baseAddress), requests.count / MemoryLayout<PollRequest>.stride,
            deadline == nil ? 0 : Int(bitPattern: left))
        }
      }
      if result != -Int(Errno.interrupted) { return try checked(result) }
    }
  }

  /// Sleeps, on the clock that goes on by itself but not while the machine sleeps (CLOCK_MONOTONIC).
  public static func sleep(for duration: Duration) throws(BlockingError) {
    var deadline = KernelTime(.zero)
    unsafe withUnsafeMutablePointer(to: &deadline) { time in
      unsafe handrail_monotonic_time(UnsafeMutableRawPointer(time))
    }
    deadline = deadline + KernelTime(duration)
    while true {
      let result = unsafe withUnsafeMutablePointer(to: &deadline) { deadline in
        call(
          handrail_clock_nanosleep, Fixed.monotonicClock, Fixed.absoluteTime, Int(bitPattern: deadline))
      }
      if result != -Int(Errno.interrupted) {
        _ = try checked(result)
        return
      }
    }
  }
}

/// `struct timespec` of 64 bits.
struct KernelTime {
  var seconds: Int64
  var nanoseconds: Int64

  /// Durations below zero are none; longer ones than the kernel can hold are three hundred thousand years.
  init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let isNegative = seconds < 0 || attoseconds < 0
    self.seconds = isNegative ? 0 : min(seconds, 10_000_000_000_000)
    nanoseconds = isNegative ? 0 : attoseconds / 1_000_000_000
  }

  static func + (one: KernelTime, other: KernelTime) -> KernelTime {
    var sum = one
    sum.seconds = min(one.seconds &+ other.seconds, 9_000_000_000)
    sum.nanoseconds = one.nanoseconds &+ other.nanoseconds
    if sum.nanoseconds >= 1_000_000_000 {
      sum.nanoseconds &-= 1_000_000_000
      sum.seconds &+= 1
    }
    return sum
  }
}
