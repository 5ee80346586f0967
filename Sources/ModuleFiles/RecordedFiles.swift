package import ELF
internal import Synchronization

/// What a search for files came upon on one host, so that it can be repeated on another, or without them.
package struct RecordedFiles: Sendable {
  /// Every file that was opened and is an ELF file, by the host's path as it was opened.
  package var files: [String: ELFFile]
  /// Why others could not be used; where nothing lay is not noted.
  package var failures: [String: RefusedFile.Reason]
  /// Where symbolic links in system roots led: by the root's path and the target's, with a zero byte between.
  package var links: [String: String]

  package init(
    files: [String: ELFFile] = [:], failures: [String: RefusedFile.Reason] = [:], links: [String: String] = [:]
  ) {
    self.files = files
    self.failures = failures
    self.links = links
  }
}

/// Where symbolic links in system roots led.
final class ResolvedLinks: Sendable {
  /// Whether these are another host's, which must not be asked for any more.
  let isReplayed: Bool
  private let table: Mutex<[String: String]>

  init(_ table: [String: String] = [:], isReplayed: Bool = false) {
    self.table = Mutex(table)
    self.isReplayed = isReplayed
  }

  /// The most that are noted.
  private static let maximumCount = 65_536

  subscript(root: String, path: String) -> String? {
    get { table.withLock { $0[root + "\0" + path] } }
    set {
      table.withLock { table in
        if table.count < Self.maximumCount { table[root + "\0" + path] = newValue }
      }
    }
  }

  /// All of them.
  var all: [String: String] { table.withLock { $0 } }
}
