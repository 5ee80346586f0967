internal import CLinux

/// Writes to a descriptor. What cannot be written is dropped, and the first error kept: the program goes on as if nobody
/// looked.
package final class DescriptorOutput: TraceOutput {
  private let descriptor: Int32
  private let isOurs: Bool
  /// The errno of the first write that failed; 0 for none.
  package private(set) var errno: Int32 = 0

  /// - Parameter descriptor: stays open.
  package init(descriptor: Int32) {
    self.descriptor = descriptor
    isOurs = false
  }

  /// A new file; nil where it cannot be made, with `errno` saying why.
  package init(creating path: String, errno: inout Int32) {
    let result = unsafe inquest_create_file(path)
    descriptor = Int32(clamping: result)
    errno = result < 0 ? Int32(clamping: -result) : 0
    isOurs = result >= 0
  }

  deinit { if isOurs { inquest_close(descriptor) } }

  package func write(_ bytes: [UInt8]) {
    guard errno == 0, descriptor >= 0 else { return }
    let result = unsafe bytes.withUnsafeBytes { unsafe inquest_write(descriptor, $0.baseAddress, UInt64($0.count)) }
    if result != 0 { errno = Int32(clamping: -result) }
  }
}
