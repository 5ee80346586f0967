internal import CLinux
internal import Processes

/// The descriptors of a process: what each leads to, and how it was opened.
struct DescriptorTable {
  /// "pipe:[4711]", "socket:[4712]", "eventfd:[3]", "anon_inode:[eventpoll]", or a path.
  private(set) var entries: [Int32: String] = [:]
  private var modes: [Int32: Int] = [:]
  let process: Int32
  /// Whether all of them were read.
  private(set) var isComplete = true
  /// Whether files may be held that are no descriptors: in rings of io_uring(7), or on their way in a socket (SCM_RIGHTS).
  private(set) var holdsHiddenFiles = false

  /// More are not looked at.
  private static let most = 65_536

  init(of process: Int32) {
    self.process = process
    let numbers = ProcFile.numbers(in: "/proc/\(process)/fd")
    isComplete = numbers.count <= Self.most && !numbers.isEmpty
    for descriptor in numbers.prefix(Self.most) {
      let target: String
      do throws(ProcessError) {
        target = try Self.target(of: descriptor, in: "/proc/\(process)")
      } catch {
        // ENOENT: it was closed since.
        if case .unreadable(_, let number) = error, number != 2 { isComplete = false }
        continue
      }
      entries[descriptor] = target
      if target.hasPrefix("pipe:[") || target.hasPrefix("/") {
        modes[descriptor] = Self.information("/proc/\(process)", descriptor)["flags"].flatMap { Int($0, radix: 8) }.map
        { $0 & 3 }
      } else if target == "anon_inode:[io_uring]" {
        holdsHiddenFiles = true
      } else if target.hasPrefix("socket:["), Self.carriesFiles(process, descriptor) {
        holdsHiddenFiles = true
      }
    }
  }

  /// What a descriptor leads to. All eventfds have one name, and are told apart by a number (since Linux 5.2).
  ///
  /// - Parameter folder: "/proc/4711", or that of a thread.
  /// - Throws: ``ProcessError/unreadable(path:errno:)``: ENOENT where it was closed.
  static func target(of descriptor: Int32, in folder: String) throws(ProcessError) -> String {
    let target = try ProcFile.destination(of: "\(folder)/fd/\(descriptor)")
    guard target == "anon_inode:[eventfd]", let id = information(folder, descriptor)["eventfd-id"] else {
      return target
    }
    return "eventfd:[\(id)]"
  }

  /// The process or thread that a descriptor of pidfd_open(2) stands for, by its id in our namespace; nil for none.
  func process(ofPidfd descriptor: Int32) -> Int32? {
    guard let id = Self.information("/proc/\(process)", descriptor)["Pid"].flatMap({ Int32($0) }) else { return nil }
    return id > 0 ? id : nil
  }

  /// Whether descriptors are on their way in a socket, and in nobody's table.
  static func carriesFiles(_ process: Int32, _ descriptor: Int32) -> Bool {
    information("/proc/\(process)", descriptor)["scm_fds"].map { $0 != "0" } ?? false
  }

  /// What `/proc/PID/fdinfo` tells of a descriptor, by the words before the colons; of several lines with one word the first.
  private static func information(_ folder: String, _ descriptor: Int32) -> [Substring: Substring] {
    guard let text = ProcFile.text("\(folder)/fdinfo/\(descriptor)") else { return [:] }
    var result: [Substring: Substring] = [:]
    for line in text.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      if result[line[..<colon]] == nil { result[line[..<colon]] = value }
    }
    return result
  }

  /// Whether some descriptor leads there.
  func holds(_ target: String) -> Bool { entries.values.contains(target) }

  /// Whether some descriptor leads there and was opened so (O_ACCMODE); one whose flags cannot be read counts as both.
  func holds(_ target: String, forWriting: Bool) -> Bool {
    entries.contains { descriptor, own in
      guard own == target else { return false }
      guard let mode = modes[descriptor] else { return true }
      return mode == 2 || mode == (forWriting ? 1 : 0)
    }
  }

  /// Whether a descriptor with a path is a named pipe: `stat` says so.
  func isFIFO(_ descriptor: Int32) -> Bool { FileKind.isFIFO("/proc/\(process)/fd/\(descriptor)") }

  /// What an epoll descriptor waits for (proc_pid_fdinfo(5): "tfd: 5 events: 19 data: … pos:0 ino:61 sdev:7"); nil where
  /// one of them is no descriptor of this process any more, so that nobody can tell what it is.
  func watched(byEpoll descriptor: Int32) -> [BlockingCall.Wanted]? {
    guard let text = ProcFile.text("/proc/\(process)/fdinfo/\(descriptor)") else { return nil }
    var result: [BlockingCall.Wanted] = []
    for line in text.split(separator: "\n") where line.hasPrefix("tfd:") {
      let words = line.split { $0 == " " || $0 == "\t" }
      guard words.count >= 4, let number = Int32(words[1]), let events = UInt32(words[3], radix: 16),
        let inode = words.first(where: { $0.hasPrefix("ino:") })?.dropFirst(4), let target = entries[number],
        // Inodes of the file are in the name where it has no path; one that has is not told apart from others.
        !target.hasSuffix("]") || target.hasPrefix("anon_inode") || target.hasPrefix("eventfd")
          || UInt64(inode, radix: 16).map({ target.hasSuffix("[\($0)]") }) == true
      else { return nil }
      result.append(BlockingCall.Wanted(descriptor: number, reads: events & 1 != 0, writes: events & 4 != 0))
    }
    return result
  }
}

/// The children of a process.
enum ProcessChildren {
  static func all(of process: Int32) -> [Int32] {
    ProcFile.numbers(in: "/proc/\(process)/task").flatMap { thread in
      (ProcFile.text("/proc/\(process)/task/\(thread)/children") ?? "").split(separator: " ").compactMap { Int32($0) }
    }
  }
}

/// Which unix sockets are the two ends of one connection.
enum SocketPeers {
  /// By inode, in both directions; empty where the kernel does not tell.
  static func all() -> [UInt64: UInt64] {
    let collector = Collector()
    let context = unsafe Unmanaged.passUnretained(collector)
    _ = unsafe inquest_unix_peers(
      { context, inode, peer in
        guard let context = unsafe context else { return }
        unsafe Unmanaged<Collector>.fromOpaque(context).takeUnretainedValue().peers[UInt64(inode)] = UInt64(peer)
      }, context.toOpaque())
    return collector.peers
  }

  private final class Collector {
    var peers: [UInt64: UInt64] = [:]
  }
}
