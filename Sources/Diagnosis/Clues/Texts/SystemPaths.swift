/// Paths that belong to the system, to libraries or to the place where a program was made, and are seldom what a program
/// was given to work on.
enum SystemPaths {
  private static let folders = [
    "/usr/", "/lib/", "/lib64/", "/bin/", "/sbin/", "/proc/", "/sys/", "/dev/", "/etc/", "/run/", "/boot/", "/opt/",
    "/rustc/",
    "/build/", "/builds/", "/checkout/", "/nix/", "/gnu/store/", "/snap/", "/var/lib/", "/var/cache/", "/var/log/",
    "/buildroot/",
    "/usr", "library/", "/toolchains/", "./stdlib/", "node:", "internal/", "/home/build/", "/lost+found",
  ]
  private static let parts = [
    "/site-packages/", "/dist-packages/", "/lib/python", "/.cargo/registry/", "/.rustup/", "/rustlib/",
    "/node_modules/",
    "/locale/", "/zoneinfo/", "/terminfo/", "/.cache/", "/usr/lib/", "/usr/share/", "/gcc/", "/.so", "/__pycache__/",
    ".build/checkouts/", "/.git/", "/fonts/",
  ]
  private static let extensions: Set<String> = [
    "so", "rlib", "rmeta", "a", "dll", "pyc", "mo", "dylib", "lock", "pid", "sock", "swiftmodule", "swiftdoc", "pcm",
    "pch", "gcno",
    "gcda", "debug", "dwo", "dwp", "la", "pc", "service", "socket",
  ]

  /// - Parameter isArgument: it was given on the command line, so that its folder does not matter.
  static func contains(_ path: PathShape, isArgument: Bool = false) -> Bool {
    if let end = path.fileExtension, extensions.contains(end) { return true }
    if path.name.contains(".so.") || path.name.hasPrefix("<") { return true }
    if isArgument { return false }
    if folders.contains(where: { path.text.hasPrefix($0) }) { return true }
    return parts.contains { path.text.has($0) }
  }
}
