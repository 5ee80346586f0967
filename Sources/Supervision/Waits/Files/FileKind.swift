internal import CLinux

enum FileKind {
  /// Whether a path leads to a named pipe (S_IFIFO).
  static func isFIFO(_ path: String) -> Bool {
    var status = inquest_file_status()
    return unsafe inquest_status(path, &status) == 0 && status.kind == 0o010000
  }
}
