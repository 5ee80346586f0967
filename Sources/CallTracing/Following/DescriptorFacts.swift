internal import CLinux
internal import Processes

/// What `/proc` tells of a process's descriptors (man 5 proc, /proc/PID/fdinfo).
enum DescriptorFacts {
  /// Those that are open, at most the lowest 4096.
  static func open(in process: Int32) -> [Int32] {
    Array(ProcFile.numbers(in: "/proc/\(process)/fd").sorted().prefix(4096))
  }

  /// nil where it is not open, or cannot be looked at.
  static func state(of descriptor: Int32, in process: Int32, at moment: DescriptorState.Moment) -> DescriptorState? {
    guard let path = ProcFile.link("/proc/\(process)/fd/\(descriptor)") else { return nil }
    // Sockets, pipes and the like have neither.
    guard path.hasPrefix("/") else {
      return DescriptorState(descriptor: descriptor, offset: nil, size: nil, path: path, moment: moment)
    }
    var offset: UInt64?
    for line in (ProcFile.text("/proc/\(process)/fdinfo/\(descriptor)") ?? "").split(separator: "\n")
    where line.hasPrefix("pos:") {
      offset = UInt64(line.dropFirst(4).drop { $0 == "\t" || $0 == " " })
    }
    var status = inquest_file_status()
    let isFile =
      unsafe inquest_status("/proc/\(process)/fd/\(descriptor)", &status) == 0 && status.kind & 0o170000 == 0o100000
    return DescriptorState(
      descriptor: descriptor, offset: isFile ? offset : nil, size: isFile ? status.size : nil, path: path,
      moment: moment)
  }
}
