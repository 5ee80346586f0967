/// A core file on this host.
package struct FoundCore: Sendable {
  /// "./core.59530" in the current folder, otherwise absolute.
  package let path: String
  package let size: UInt64
  /// When it was last written, since 1970.
  package let modified: Duration
  /// Why it was looked for there: "current folder", "core_pattern", "systemd-coredump".
  package let place: String
  /// "zstd" and so on; nil for one that is not compressed.
  package let compression: String?
  let identity: HostFiles.Identity
}
