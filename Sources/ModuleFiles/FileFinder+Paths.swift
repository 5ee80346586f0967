internal import CLinux

extension FileFinder {
  /// What lies at one of the target's paths, in the first root that has something there.
  package enum PathKind: Sendable {
    case file
    case folder
    case other
  }

  /// What a path of the target's is on this host, in the folders that stand for the target's root; nil where it is
  /// nothing.
  ///
  /// Where another host's files are replayed, nothing is known of any path.
  ///
  /// - Parameter path: absolute, as the target names it.
  package func kind(ofPath path: String) -> PathKind? {
    guard looksAtHost else { return nil }
    for root in roots {
      guard path.hasPrefix("/"), !path.utf8.contains(0), let host = root.hostPath(of: path) else { continue }
      var status = inquest_file_status()
      guard unsafe inquest_status(host, &status) == 0 else { continue }
      switch status.kind {
      case 0o100000: return .file
      case 0o040000: return .folder
      default: return .other
      }
    }
    return nil
  }
}
