internal import CLinux

/// What `/proc/TID/status` tells of a thread.
struct ThreadFacts: Equatable {
  /// Its process (Tgid), and the parent of that (PPid); ids of the tracer's pid namespace.
  let process: Int32
  let parent: Int32

  /// nil where there is no such thread any more.
  init?(of thread: Int32) {
    var buffer = [UInt8](repeating: 0, count: 2048)
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe inquest_read_start("/proc/\(thread)/status", bytes.baseAddress, UInt64(bytes.count))
    }
    guard count > 0 else { return nil }
    self.init(status: String(decoding: buffer.prefix(Int(count)), as: UTF8.self))
  }

  init?(status: String) {
    func number(_ key: String) -> Int32? {
      status.split(separator: "\n").first { $0.hasPrefix(key) }
        .flatMap { Int32($0.dropFirst(key.count).filter { $0 != "\t" && $0 != " " }) }
    }
    guard let process = number("Tgid:"), let parent = number("PPid:"), process > 0 else { return nil }
    self.process = process
    self.parent = parent
  }
}
