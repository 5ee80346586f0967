internal import CLinux

/// Which pages of a process hold anything, as `/proc/PID/pagemap` tells (proc_pid_pagemap(5)).
final class PageMap {
  private let descriptor: Int32

  enum Page {
    /// Nothing was ever written there, or read: it reads as zeros, or as its file.
    case absent
    /// A page of a file, or of memory shared with others.
    case file
    /// A page of the process's own, in memory or swapped out.
    case own
  }

  /// nil where it may not be read.
  init?(_ process: Int32, thread: Int32) {
    let result = unsafe inquest_open("/proc/\(process)/task/\(thread)/pagemap", 0)
    guard result >= 0 else { return nil }
    descriptor = Int32(clamping: result)
  }

  /// The pages of a range, which begins at a page; nil where they cannot be told.
  func pages(_ range: Range<UInt64>) -> [Page]? {
    let count = Int((range.upperBound - range.lowerBound + 4095) / 4096)
    var words = [UInt64](repeating: 0, count: count)
    let got = unsafe words.withUnsafeMutableBytes { buffer in
      unsafe inquest_read_at(descriptor, buffer.baseAddress, UInt64(buffer.count), range.lowerBound / 4096 * 8)
    }
    guard got == Int64(count * 8) else { return nil }
    return words.map { word in
      // Bit 63: in memory; 62: swapped out; 61: of a file, or shared.
      if word >> 62 == 0 { return .absent }
      return word & 1 << 61 != 0 ? .file : .own
    }
  }

  deinit { inquest_close(descriptor) }
}
