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
  /// Whether the frames that are looked at first get their registers, code and source.
  package var hasDetails: Bool
  /// Whether it is told what the program was working on, which takes a search through its memory.
  package var seeksInput = true
  /// Folders with source trees, and those that stand for the program's `/`.
  package var sourceRoots: [String] = []
  package var systemRoots: [String] = []
  /// Tells what a path of the target's is on the host; nil where the host must not be asked.
  package var files: (@Sendable (_ path: String) -> FileExistence)?

  package init(
    threads: Threads = .all, isFull: Bool = false, hasDetails: Bool = false,
    files: (@Sendable (_ path: String) -> FileExistence)? = nil
  ) {
    self.threads = threads
    self.isFull = isFull
    self.hasDetails = hasDetails
    self.files = files
  }
}
