internal import Bytes

/// A folder of files by build-id: `FOLDER/ab/cdef….debug` (gdb's manual, "Debugging Information in Separate
/// Files").
struct BuildIDFolder: Sendable {
  /// The root inside which links are followed.
  let root: SystemRoot
  /// The folder's path in that root.
  let path: String

  /// The host's path for a build-id, or nil where that is too short to be one, or links run in circles.
  func path(of identifier: ByteView, suffix: String) -> String? {
    guard identifier.count >= 2, identifier.count <= 64 else { return nil }
    let digits = identifier.hexadecimal
    return root.hostPath(of: path + "/" + digits.prefix(2) + "/" + digits.dropFirst(2) + suffix)
  }
}

extension FileFinder {
  /// Every folder that may hold files by build-id: in the debug folders given, then in the roots.
  var buildIDFolders: [BuildIDFolder] {
    let host = SystemRoot("/")
    let given = paths.debugDirectories.flatMap { folder in
      [folder + "/.build-id", folder].map { BuildIDFolder(root: host, path: $0) }
    }
    let inRoots = roots.flatMap { root in
      ["/usr/lib/debug/.build-id", "/usr/lib/.build-id"].map { BuildIDFolder(root: root, path: $0) }
    }
    // A build-id is proof enough wherever the file lies, so the host's own folder may serve a foreign root.
    let own = roots.contains(where: \.isHost) ? [] : [BuildIDFolder(root: host, path: "/usr/lib/debug/.build-id")]
    return given + inRoots + own
  }
}
