internal import CLinux

/// Reads files of `/proc`, whose sizes nobody tells and which may be gone at any moment.
package enum ProcFile {
  /// Nothing in /proc that is read here is longer; a process with more mappings has more than a million of them.
  private static let maximumSize = 256 << 20

  /// All bytes of a file.
  ///
  /// - Throws: ``ProcessError/unreadable(path:errno:)``: ENOENT or ESRCH where the process is gone, EACCES or EPERM where
  ///   it may not be looked at.
  package static func bytes(_ path: String) throws(ProcessError) -> [UInt8] {
    let descriptor = unsafe inquest_open(path, 0)
    guard descriptor >= 0 else { throw .unreadable(path: path, errno: Int32(clamping: -descriptor)) }
    defer { inquest_close(Int32(clamping: descriptor)) }
    var bytes = [UInt8](repeating: 0, count: 16_384)
    var used = 0
    while used < maximumSize {
      if bytes.count - used < 8192 { bytes += [UInt8](repeating: 0, count: bytes.count) }
      let got = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe inquest_read(
          Int32(clamping: descriptor), buffer.baseAddress.map { unsafe $0 + used }, UInt64(buffer.count - used))
      }
      guard got >= 0 else { throw .unreadable(path: path, errno: Int32(clamping: -got)) }
      if got == 0 { break }
      used += Int(got)
    }
    bytes.removeLast(bytes.count - used)
    return bytes
  }

  /// The whole file as text, without a line feed at its end; nil where it cannot be read.
  package static func line(_ path: String) -> String? {
    guard let text = text(path) else { return nil }
    return text.last == "\n" ? String(text.dropLast()) : text
  }

  /// The whole file as text; nil where it cannot be read.
  package static func text(_ path: String) -> String? {
    do throws(ProcessError) {
      return String(decoding: try bytes(path), as: UTF8.self)
    } catch {
      return nil
    }
  }

  /// Where a symbolic link points to; nil where there is none, or it may not be read.
  package static func link(_ path: String) -> String? {
    do throws(ProcessError) {
      return try destination(of: path)
    } catch {
      return nil
    }
  }

  /// Where a symbolic link points to.
  ///
  /// - Throws: ``ProcessError/unreadable(path:errno:)``, as ``bytes(_:)`` does.
  package static func destination(of path: String) throws(ProcessError) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let length = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe inquest_read_link(path, bytes.baseAddress, UInt64(bytes.count))
    }
    guard length > 0 else { throw .unreadable(path: path, errno: Int32(clamping: -length)) }
    return String(decoding: buffer.prefix(Int(length)), as: UTF8.self)
  }

  /// The names in a folder that are decimal numbers, in the folder's order; empty where it cannot be read.
  package static func numbers(in path: String) -> [Int32] { list(path).numbers }

  /// The names in a folder that are decimal numbers, in the folder's order.
  ///
  /// - Throws: ``ProcessError/unreadable(path:errno:)``, as ``bytes(_:)`` does.
  package static func everyNumber(in path: String) throws(ProcessError) -> [Int32] {
    let (numbers, status) = list(path)
    guard status >= 0 else { throw .unreadable(path: path, errno: Int32(clamping: -status)) }
    return numbers
  }

  private static func list(_ path: String) -> (numbers: [Int32], status: Int64) {
    let collector = Collector()
    let context = unsafe Unmanaged.passUnretained(collector)
    let status = unsafe inquest_list(
      path,
      { context, name in
        guard let context = unsafe context, let name = unsafe name else { return 0 }
        let text = unsafe String(cString: name)
        if let number = Int32(text) {
          unsafe Unmanaged<Collector>.fromOpaque(context).takeUnretainedValue().numbers.append(number)
        }
        return 1
      }, context.toOpaque())
    return (collector.numbers, status)
  }

  private final class Collector {
    var numbers: [Int32] = []
  }
}
