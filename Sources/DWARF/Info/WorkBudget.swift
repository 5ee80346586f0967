/// Bounds the work that a file can make us do by its size. Tables that many units share, or that were made
/// to overlap, are read again and again; a file whose tables would be read more often than any compiler's
/// ends with ``DebugInfoError/tooMuchWork``.
final class WorkBudget {
  private let allowance: Int
  private(set) var remaining: Int

  /// - Parameter byteCount: the size of the sections that are to be read.
  init(byteCount: Int) {
    allowance = byteCount.multipliedReportingOverflow(by: 4).partialValue &+ (16 << 20)
    remaining = allowance
  }

  /// A new batch of addresses may spend as much again.
  func renew() { remaining = allowance }

  /// - Parameter units: bytes read, list entries or rows looked at.
  @inline(__always)
  func spend(_ units: Int) throws(DebugInfoError) {
    remaining -= units
    guard remaining > 0 else { throw .tooMuchWork }
  }

  /// Whether nothing more may be spent.
  var isExhausted: Bool { remaining <= 0 }

  /// Spends without an error; ask ``isExhausted`` afterwards.
  @inline(__always)
  func charge(_ units: Int) { remaining -= units }
}
