/// Where the files of a target's modules are looked for. Paths are the host's.
public struct SearchPaths: Sendable {
  /// The program's own executable, where the user names it (`--exe`).
  public var executable: String?
  /// Folders that stand for the target's `/`: a container's root, a cross libc's folder. Tried in order;
  /// an empty list means the host's own `/`.
  public var systemRoots: [String]
  /// Folders with separate debug files (`--debug-dir`), tried before `usr/lib/debug` of every root.
  public var debugDirectories: [String]

  /// A folder whose entries are files that a process has mapped, named by their addresses ("55d0c0a00000-55d0c0a21000"):
  /// `/proc/PID/map_files`. They are the files themselves, wherever they lie now. nil where there is no process.
  public var mappedFiles: String?

  public init(executable: String? = nil, systemRoots: [String] = [], debugDirectories: [String] = []) {
    self.executable = executable
    self.systemRoots = systemRoots
    self.debugDirectories = debugDirectories
  }
}
