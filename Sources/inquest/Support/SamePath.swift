import CLinux

/// Whether two paths lead to one file.
enum SamePath {
  static func isSame(_ a: String, _ b: String) -> Bool {
    var first = inquest_file_status()
    var second = inquest_file_status()
    guard unsafe inquest_status(a, &first) == 0, unsafe inquest_status(b, &second) == 0 else { return false }
    return first.device == second.device && first.inode == second.inode
  }
}
