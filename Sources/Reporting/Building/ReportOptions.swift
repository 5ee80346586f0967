/// How much of a core a report is about.
package struct ReportOptions: Sendable {
  /// Whose stacks are walked.
  package enum Threads: Sendable, Equatable {
    case all
    case crashed
    case only([Int32])
  }

  package var threads: Threads
  /// Whether names are given with all they say, and mappings and modules without exception.
  package var isFull: Bool

  package init(threads: Threads = .all, isFull: Bool = false) {
    self.threads = threads
    self.isFull = isFull
  }
}
