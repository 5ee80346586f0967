import Foundation
import Handrail
import Synchronization

/// Threads that get something in a loop, and are cancelled at any moment: what is lost of it. The program is correct: all
/// that it gets it gives back.
struct Leaks {
  let kind: String
  let count: Int

  init(_ kind: String, count: Int) {
    self.kind = kind
    self.count = count
  }

  /// "CANCELLATIONS cancelled, LOST lost, MISSED not cancelled".
  func run() throws -> String {
    let before = Self.descriptors()
    var missed = 0
    var lost = 0
    let work = try Work(kind)
    for turn in 0..<count {
      let counted = Counter()
      let thread = try CancellableThread { try work.loop(counted) }
      while counted.value == 0 { sched_yield() }
      for _ in 0..<(turn * 7919 % 400) { counted.nudge() }
      thread.cancel()
      guard case .cancelled = try thread.join() else {
        missed += 1
        continue
      }
      lost += work.lost(counted)
    }
    work.close()
    lost += Self.descriptors() - before
    return "\(count) cancelled, \(lost) lost, \(missed) not cancelled"
  }

  static func descriptors() -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? -1
  }
}

/// How much a thread has got, and given back.
final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  private let nudges = Atomic<Int>(0)
  var value: Int { count.load(ordering: .acquiring) }
  func add(_ number: Int) { count.add(number, ordering: .releasing) }
  /// Takes a moment.
  func nudge() { nudges.add(1, ordering: .relaxed) }
}

/// What the threads do.
final class Work: @unchecked Sendable {
  private let kind: String
  private var pipe: [Int32] = [-1, -1]
  private var socket: Int32 = -1
  private var address = sockaddr_un()
  private let feeder = Feeder()

  init(_ kind: String) throws {
    self.kind = kind
    if kind == "read" {
      _ = Glibc.pipe(&pipe)
      feeder.feed(pipe[1])
    }
    if kind == "accept" {
      socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      let name = "handrail-\(getpid())"
      address.sun_family = sa_family_t(AF_UNIX)
      // An abstract name.
      withUnsafeMutableBytes(of: &address.sun_path) { $0[1...].copyBytes(from: Array(name.utf8)) }
      let address = address
      let length = socklen_t(3 + name.utf8.count)
      let bound = withUnsafePointer(to: address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) }
      }
      guard bound == 0, listen(socket, 64) == 0 else { throw BlockingError.failed(errno: errno) }
      feeder.connect(address, length)
    }
  }

  func loop(_ counter: Counter) throws {
    while true {
      switch kind {
      case "read": counter.add(try Blocking.read(pipe[0], upTo: 1).count)
      case "accept":
        let accepted = try Blocking.accept(socket)
        Glibc.close(accepted)
        counter.add(1)
      default:
        let opened = try Blocking.open("/dev/null", O_RDONLY)
        Glibc.close(opened)
        counter.add(1)
      }
    }
  }

  /// Bytes that have left the pipe, but not for the program.
  func lost(_ counter: Counter) -> Int {
    guard kind == "read" else { return 0 }
    feeder.pause()
    defer { feeder.goOn() }
    var left: Int32 = 0
    _ = ioctl(pipe[0], UInt(FIONREAD), &left)
    feeder.taken += counter.value
    let lost = feeder.written - feeder.taken - Int(left)
    feeder.taken += lost
    return lost
  }

  func close() {
    feeder.stop()
    for descriptor in pipe + [socket] where descriptor >= 0 { Glibc.close(descriptor) }
  }
}
