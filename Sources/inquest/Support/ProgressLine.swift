import CLinux
import Reporting

/// One line on standard error that says what takes so long; nothing for what takes less than a second.
final class ProgressLine {
  private let isShown: Bool
  private let began = inquest_milliseconds()
  private var lastShown: Int64 = 0
  private var width = 0

  /// - Parameter isForced: shown even where standard error is no terminal (`--progress`).
  init(isForced: Bool) {
    isShown = isForced || inquest_is_terminal(2) == 1
  }

  /// What is being done now, and how far it is.
  func show(_ what: StaticString, _ done: Int, _ total: Int) {
    guard isShown else { return }
    let now = inquest_milliseconds()
    guard now - began >= 1000, now - lastShown >= 200 else { return }
    lastShown = now
    let part = total > 1 ? " \(Quantities.grouped(done)) of \(Quantities.grouped(total))" : ""
    write("\(what)\(part) ...")
  }

  /// Takes the line away.
  func clear() {
    if width > 0 { write("") }
  }

  private func write(_ text: String) {
    let padding = String(repeating: " ", count: max(0, width - text.utf8.count))
    let bytes = Array("\r\(text)\(padding)\(text.isEmpty ? "\r" : "")".utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe inquest_write(2, $0.baseAddress, UInt64($0.count)) }
    width = text.utf8.count
  }
}
