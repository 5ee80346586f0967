internal import Machine
internal import Processes

/// The system call that a stopped thread is in, as far as it is one that waits for another process.
struct StoppedCall {
  enum Kind: Equatable {
    case reads(Int32)
    case writes(Int32)
    /// For one child, or for any.
    case waits(Int32?)
  }

  let kind: Kind

  /// From its registers (`struct user_regs_struct`): the call's number, and the result that says that the kernel will
  /// begin it anew. nil where it is in no such call.
  init?(_ thread: LiveThread) {
    let words = thread.values
    #if arch(x86_64)
      guard words.count > 19 else { return nil }
      let (number, result, first, second) = (
        Int64(bitPattern: words[15]), Int64(bitPattern: words[10]), words[14], words[13]
      )
      guard (-516 ... -512).contains(result) || result == -4 else { return nil }
      let (reads, writes, waits, waitID): (Set<Int64>, Set<Int64>, Int64, Int64) = ([0, 17, 19], [1, 18, 20], 61, 247)
    #else
      guard words.count > 32 else { return nil }
      let (number, result, first, second) = (
        Int64(bitPattern: words[8]), Int64(bitPattern: words[0]), words[0], words[1]
      )
      guard (-516 ... -512).contains(result) || result == -4 else { return nil }
      let (reads, writes, waits, waitID): (Set<Int64>, Set<Int64>, Int64, Int64) = (
        [63, 65, 67], [64, 66, 68], 260, 95
      )
    #endif
    let descriptor = Int32(truncatingIfNeeded: first)
    if reads.contains(number) {
      kind = .reads(descriptor)
    } else if writes.contains(number) {
      kind = .writes(descriptor)
    } else if number == waits {
      kind = .waits(descriptor > 0 ? descriptor : nil)
    } else if number == waitID {
      // P_PID is 1.
      kind = .waits(first == 1 ? Int32(truncatingIfNeeded: second) : nil)
    } else {
      return nil
    }
  }
}

/// The descriptors of a process: what each leads to, and how it was opened.
struct DescriptorTable {
  private(set) var entries: [Int32: String] = [:]
  private var flags: [Int32: Int] = [:]
  private let process: Int32

  /// More are not looked at.
  private static let most = 65_536

  init(of process: Int32) {
    self.process = process
    for descriptor in ProcFile.numbers(in: "/proc/\(process)/fd").prefix(Self.most) {
      guard let target = ProcFile.link("/proc/\(process)/fd/\(descriptor)") else { continue }
      entries[descriptor] = target
      guard target.hasPrefix("pipe:[") || target.hasPrefix("/") else { continue }
      flags[descriptor] = Self.flags(process, descriptor)
    }
  }

  /// O_ACCMODE of fdinfo's flags, which are octal.
  private static func flags(_ process: Int32, _ descriptor: Int32) -> Int? {
    guard let text = ProcFile.text("/proc/\(process)/fdinfo/\(descriptor)") else { return nil }
    return text.split(separator: "\n").first { $0.hasPrefix("flags:") }
      .flatMap { $0.split { $0 == "\t" || $0 == " " }.last }.flatMap { Int($0, radix: 8) }.map { $0 & 3 }
  }

  /// Whether some descriptor leads there and was opened so; one whose flags cannot be read counts as both.
  func holds(_ target: String, forWriting: Bool) -> Bool {
    entries.contains { descriptor, own in
      guard own == target else { return false }
      guard let mode = flags[descriptor] else { return true }
      return mode == 2 || mode == (forWriting ? 1 : 0)
    }
  }

  /// Whether a descriptor with a path is a named pipe: `stat` says so.
  func isFIFO(_ descriptor: Int32) -> Bool { FileKind.isFIFO("/proc/\(process)/fd/\(descriptor)") }
}

/// What processes outside of the tree have open.
struct OutsideDescriptors {
  private var pipes: Set<String> = []
  /// Whether all processes of the host could be looked at.
  private(set) var isComplete = true

  init(besides tree: Set<Int32>) {
    for process in ProcFile.numbers(in: "/proc") where !tree.contains(process) {
      guard let facts = ProcessFacts.ofProcess(process), !facts.isKernelThread, facts.state != "Z" else { continue }
      let descriptors = ProcFile.numbers(in: "/proc/\(process)/fd")
      // Every process has some, unless it may not be looked at.
      if descriptors.isEmpty { isComplete = false }
      for descriptor in descriptors.prefix(4096) {
        if let target = ProcFile.link("/proc/\(process)/fd/\(descriptor)"),
          target.hasPrefix("pipe:[") || target.hasPrefix("/")
        {
          pipes.insert(target)
        }
      }
    }
  }

  func holds(_ target: String) -> Bool { pipes.contains(target) }
}

/// The children of a process.
enum ProcessChildren {
  static func all(of process: Int32) -> [Int32] {
    ProcFile.numbers(in: "/proc/\(process)/task").flatMap { thread in
      (ProcFile.text("/proc/\(process)/task/\(thread)/children") ?? "").split(separator: " ").compactMap { Int32($0) }
    }
  }
}
