import ArgumentParser
import CLinux
import Reporting

/// A file that is put in its place when it is whole: nobody ever sees half of it, and what was
/// there before stays where writing fails.
enum ReplacedFile {
  /// Writes what `body` writes to `path`.
  ///
  /// - Returns: how many bytes it has.
  /// - Throws: `ExitStatus.unreadable` after it has said why the file cannot be written; what `body` throws.
  static func write(_ path: String, _ body: (ByteOutput) throws -> Void) throws -> Int {
    var replacement = inquest_replacement()
    try check(unsafe inquest_begin_replacement(path, &replacement), path)
    let descriptor = replacement.descriptor
    var failure: Int64 = 0
    var size = 0
    let output = ByteOutput { bytes in
      guard failure == 0 else { return }
      failure = unsafe bytes.withUnsafeBytes { unsafe inquest_write(descriptor, $0.baseAddress, UInt64($0.count)) }
      size += bytes.count
    }
    do {
      try body(output)
      output.flush()
      try check(failure, path)
    } catch {
      unsafe inquest_abandon_replacement(&replacement)
      throw error
    }
    try check(unsafe inquest_finish_replacement(&replacement), path)
    return size
  }

  private static func check(_ result: Int64, _ path: String) throws {
    guard result != 0 else { return }
    StandardStreams.complain("cannot write \(path): \(SystemErrors.text(Int32(clamping: -result)))")
    throw ExitStatus.unreadable
  }
}
