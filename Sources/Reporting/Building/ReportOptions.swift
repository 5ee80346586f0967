package import Diagnosis

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
  /// Tells what a path of the target's is on the host; nil where the host must not be asked.
  package var files: (@Sendable (_ path: String) -> FileExistence)?

  package init(
    threads: Threads = .all, isFull: Bool = false, files: (@Sendable (_ path: String) -> FileExistence)? = nil
  ) {
    self.threads = threads
    self.isFull = isFull
    self.files = files
  }
}
