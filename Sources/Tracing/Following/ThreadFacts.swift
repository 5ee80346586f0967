internal import CLinux

/// What `/proc/TID/status` tells of a thread (`fs/proc/array.c`).
package struct ThreadFacts: Equatable, Sendable {
  /// Its process (Tgid), and the parent of that (PPid); ids of the tracer's pid namespace.
  package let process: Int32
  package let parent: Int32
  /// The thread that traces it (TracerPid), 0 for nobody.
  package let tracer: Int32
  /// The letter of its state: R, S, D, T, t, Z, X.
  package let state: UInt8
  /// Its ids in every pid namespace from the tracer's to its own (NSpid); the last is the one that it knows itself by.
  package let namespaceThread: [Int32]
  /// The same for its process (NStgid).
  package let namespaceProcess: [Int32]
  /// One bit a signal, bit 0 for signal 1: those it blocks (SigBlk), its process ignores (SigIgn), or catches (SigCgt).
  package let blocked: UInt64
  package let ignored: UInt64
  package let caught: UInt64
  /// Whether the kernel runs it for itself (Kthread; Linux 6.8), so that nobody may trace it.
  package let isKernelThread: Bool

  /// Whether its process is the first of its pid namespace, and that is not the tracer's own.
  package var isNamespaceInit: Bool { namespaceProcess.count > 1 && namespaceProcess.last == 1 }

  /// Whether a signal does nothing to its process: it is ignored, or nobody has asked for it and that means ignoring.
  package func ignores(_ signal: Int32) -> Bool {
    guard (1...64).contains(signal) else { return false }
    let bit = UInt64(1) << UInt64(signal - 1)
    return ignored & bit != 0 || caught & bit == 0 && Signal.ignoredByDefault.contains(signal)
  }

  /// nil where there is no such thread any more.
  package init?(of thread: Int32) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe inquest_read_start("/proc/\(thread)/status", bytes.baseAddress, UInt64(bytes.count))
    }
    guard count > 0, count <= buffer.count else { return nil }
    self.init(status: buffer[..<Int(count)])
  }

  init?(status: some RandomAccessCollection<UInt8>) {
    var numbers: [String: [Int32]] = [:]
    var masks: [String: UInt64] = [:]
    var letter: UInt8 = 0
    for line in status.split(separator: UInt8(ascii: "\n")) {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let key = String(decoding: line[..<colon], as: UTF8.self)
      let value = line[line.index(after: colon)...].drop { $0 == 9 || $0 == 32 }
      switch key {
      case "State": letter = value.first ?? 0
      case "Tgid", "PPid", "TracerPid", "NSpid", "NStgid", "Kthread":
        numbers[key] = value.split { $0 == 9 || $0 == 32 }.compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
      case "SigBlk", "SigIgn", "SigCgt": masks[key] = UInt64(String(decoding: value, as: UTF8.self), radix: 16)
      default: break
      }
    }
    guard let process = numbers["Tgid"]?.first, let parent = numbers["PPid"]?.first, process > 0 else { return nil }
    self.process = process
    self.parent = parent
    tracer = numbers["TracerPid"]?.first ?? 0
    state = letter
    namespaceThread = numbers["NSpid"] ?? []
    namespaceProcess = numbers["NStgid"] ?? []
    blocked = masks["SigBlk"] ?? 0
    ignored = masks["SigIgn"] ?? 0
    caught = masks["SigCgt"] ?? 0
    isKernelThread = numbers["Kthread"]?.first == 1
  }
}
