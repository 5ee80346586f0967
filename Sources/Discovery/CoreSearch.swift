/// Looks for core files where they usually lie.
package struct CoreSearch: Sendable {
  /// The kernel's pattern; nil where it cannot be read.
  package var pattern: CorePattern?
  /// The folder that paths without a slash at their front belong to.
  package var currentFolder: String
  /// Folders of programs that collect cores, and what they are called.
  package var stores: [(folder: String, name: String)]

  /// How many files are looked into, newest first.
  private static let mostProbes = 2_000
  /// How deep folders of stores and of patterns are entered.
  private static let mostFolders = 1_000

  /// Where the collectors of the distributions keep cores.
  package static let knownStores: [(folder: String, name: String)] = [
    ("/var/lib/systemd/coredump", "systemd-coredump"), ("/var/crash", "/var/crash"),
    ("/var/lib/apport/coredump", "apport"), ("/var/spool/abrt", "ABRT"), ("/var/tmp/abrt", "ABRT"),
    ("/var/cache/abrt", "ABRT"), ("/var/cores", "/var/cores"),
  ]

  package init(
    pattern: CorePattern?, currentFolder: String = ".", stores: [(folder: String, name: String)] = knownStores
  ) {
    self.pattern = pattern
    self.currentFolder = currentFolder
    self.stores = stores
  }

  /// All core files that were found, newest first; each once, by whatever name.
  package func run() -> [FoundCore] {
    var candidates: [(path: String, status: HostFiles.Status, place: String)] = []
    func consider(_ path: String, _ place: String) {
      guard let status = HostFiles.status(path), status.isRegular, status.size > 0 else { return }
      candidates.append((path, status, place))
    }
    for name in HostFiles.names(in: currentFolder) where name.lowercased().contains("core") {
      consider(currentFolder + "/" + name, "current folder")
    }
    for path in patternPaths() { consider(path, "core_pattern") }
    for store in stores {
      for name in HostFiles.names(in: store.folder) {
        let path = store.folder + "/" + name
        consider(path, store.name)
        // ABRT keeps a folder for each crash, with the core in a file called so.
        consider(path + "/coredump", store.name)
      }
    }
    candidates.sort { $0.status.modified > $1.status.modified }
    var seen: Set<HostFiles.Identity> = []
    var found: [FoundCore] = []
    for candidate in candidates.prefix(Self.mostProbes) where seen.insert(candidate.status.identity).inserted {
      guard case .core(let compression) = CoreProbe.probe(candidate.path) else { continue }
      found.append(
        FoundCore(
          path: candidate.path, size: candidate.status.size, modified: candidate.status.modified,
          place: candidate.place, compression: compression, identity: candidate.status.identity))
    }
    return found
  }

  /// The paths of files that fit the kernel's pattern.
  private func patternPaths() -> [String] {
    guard let pattern, let name = pattern.components.last else { return [] }
    var folders = [pattern.isAbsolute ? "" : currentFolder]
    for part in pattern.components.dropLast() {
      var next: [String] = []
      for folder in folders {
        if part.isFixed {
          next += part.pieces.map { folder + "/" + $0 }
        } else {
          next += HostFiles.names(in: folder + "/").filter(part.matches).map { folder + "/" + $0 }
        }
      }
      folders = Array(next.prefix(Self.mostFolders))
    }
    return folders.flatMap { folder in
      HostFiles.names(in: folder + "/").filter(name.matches).map { folder + "/" + $0 }
    }
  }
}
