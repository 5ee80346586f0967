package import Bytes
internal import CLinux

/// A POSIX extended regular expression (regex(7)), matched against bytes.
@safe
package final class Pattern {
  private let compiled: UnsafeMutableRawPointer?

  /// The expression is none; `message` says why, in the words of the C library.
  package struct Malformed: Error { package let message: String }

  /// - Throws: ``Malformed``
  package init(_ text: String, ignoresCase: Bool = false) throws(Malformed) {
    var pattern: UnsafeMutableRawPointer?
    var message = [CChar](repeating: 0, count: 256)
    let size = UInt64(message.count)
    guard unsafe inquest_pattern_make(text, ignoresCase ? 1 : 0, &pattern, &message, size) == 0 else {
      throw Malformed(
        message: String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    unsafe compiled = pattern
  }

  /// Whether the expression matches anywhere in `bytes`.
  package func matches(_ bytes: ByteView) -> Bool {
    unsafe bytes.withUnsafeBytes { buffer in
      guard let start = buffer.baseAddress else { return false }
      return unsafe inquest_pattern_matches(
        compiled, start.assumingMemoryBound(to: CChar.self), UInt64(buffer.count)) == 1
    }
  }

  deinit { unsafe inquest_pattern_free(compiled) }
}
