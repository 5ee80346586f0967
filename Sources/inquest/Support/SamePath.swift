import CLinux

/// Whether two paths lead to one file.
enum SamePath {
  /// Whether anything lies at a path.
  static func exists(_ path: String) -> Bool {
    var status = inquest_file_status()
    return unsafe inquest_status(path, &status) == 0
  }

  static func isSame(_ a: String, _ b: String) -> Bool {
    var first = inquest_file_status()
    var second = inquest_file_status()
    guard unsafe inquest_status(a, &first) == 0, unsafe inquest_status(b, &second) == 0 else { return false }
    return first.device == second.device && first.inode == second.inode
  }
}
