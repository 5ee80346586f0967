import Foundation

/// Gives the threads something to get: bytes into a pipe, or connections.
final class Feeder: @unchecked Sendable {
  private let turn = NSLock()
  private var isStopped = false
  private let ended = DispatchSemaphore(value: 0)
  private var hasStarted = false
  /// With the turn held: bytes that were written, and that the threads had.
  private(set) var written = 0
  var taken = 0

  func feed(_ pipe: Int32) {
    _ = fcntl(pipe, F_SETFL, O_NONBLOCK)
    let bytes = [UInt8](repeating: 1, count: 64)
    start {
      let count = write(pipe, bytes, bytes.count)
      if count > 0 { self.written += count }
    }
  }

  func connect(_ address: sockaddr_un, _ length: socklen_t) {
    start {
      let client = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
      _ = withUnsafePointer(to: address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(client, $0, length) }
      }
      Glibc.close(client)
    }
  }

  private func start(_ body: @escaping @Sendable () -> Void) {
    hasStarted = true

    Thread {
      while true {
        self.turn.lock()
        if self.isStopped { break }
        body()
        self.turn.unlock()
        sched_yield()
      }
      self.turn.unlock()
      self.ended.signal()
    }.start()
  }

  func pause() { turn.lock() }
  func goOn() { turn.unlock() }

  func stop() {
    guard hasStarted else { return }
    turn.withLock { isStopped = true }
    ended.wait()
  }
}
