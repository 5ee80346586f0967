internal import Bytes
public import ELF

extension FileFinder {
  /// The file with the debug information that `dwz` moved out of several others: what ``SupplementLink`` names. Only a
  /// file with the identity that is named along is taken.
  ///
  /// - Parameter file: the file with the link: a module's own or its separate debug file.
  public func alternateFile(of file: FoundFile) -> FileSearch {
    guard let link = supplementLink(of: file) else { return FileSearch(found: nil, refused: []) }
    var places: [String] = []
    if link.path.hasPrefix("/") {
      places += roots.compactMap { $0.hostPath(of: link.path) }
    } else if let path = file.path {
      places.append(path.folder + link.path)
    }
    places += buildIDFolders.compactMap { $0.path(of: link.identifier, suffix: ".debug") }
    if let last = link.path.split(separator: "/").last {
      places += paths.debugDirectories.flatMap { ["\($0)/.dwz/\(last)", "\($0)/\(last)"] }
    }
    var refused: [RefusedFile] = []
    for path in places {
      switch open(path) {
      case .failed(let reason):
        if !reason.isAbsence { refused.append(RefusedFile(path: path, reason: reason)) }
      case .elf(let elf):
        let found = elf.buildID ?? supplementIdentifier(of: elf)
        if let found, found.hasSameBytes(as: link.identifier) {
          return FileSearch(
            found: FoundFile(path: path, origin: .path, elf: elf, isVerified: true), refused: refused)
        }
        refused.append(
          RefusedFile(
            path: path, reason: .wrongBuildID(expected: link.identifier.hexadecimal, found: found?.hexadecimal)))
      }
    }
    return FileSearch(found: nil, refused: refused)
  }

  /// A file of split DWARF (`.dwo`), looked for where the compiler wrote it, beside the module's file, and in
  /// the debug folders given.
  ///
  /// - Parameters:
  ///   - name: DW_AT_dwo_name.
  ///   - compilationDirectory: DW_AT_comp_dir, the folder that a relative name starts from.
  ///   - file: the file with the skeleton unit.
  ///   - accept: whether a file is the one; it has to compare DW_AT_dwo_id, as there is no build-id.
  public func splitFile(
    named name: String, compilationDirectory: String?, of file: FoundFile, accept: (ELFFile) -> Bool
  ) -> FoundFile? {
    var places: [String] = []
    if name.hasPrefix("/") {
      places += roots.compactMap { $0.hostPath(of: name) }
    } else if let compilationDirectory, compilationDirectory.hasPrefix("/") {
      places += roots.compactMap { $0.hostPath(of: compilationDirectory + "/" + name) }
    }
    let last = name.split(separator: "/").last.map(String.init) ?? name
    if let path = file.path {
      places.append(path.folder + last)
      if !name.hasPrefix("/") { places.append(path.folder + name) }
    }
    places += paths.debugDirectories.map { $0 + "/" + last }
    return firstELF(at: places, accept: accept)
  }

  /// The package of all `.dwo` files of a module (`.dwp`), beside its file or in the debug folders given.
  ///
  /// - Parameter accept: whether a file is the one; it has to hold the units that are looked for.
  public func packageFile(of file: FoundFile, targetPath: String, accept: (ELFFile) -> Bool) -> FoundFile? {
    var places: [String] = []
    if let path = file.path {
      places.append(path + ".dwp")
      if path.hasSuffix(".debug") { places.append(path.dropLast(6) + ".dwp") }
    }
    if let name = targetPath.split(separator: "/").last {
      places += paths.debugDirectories.flatMap { ["\($0)/\(name).dwp", "\($0)/\(name).debug.dwp"] }
    }
    return firstELF(at: places, accept: accept)
  }

  private func firstELF(at places: [String], accept: (ELFFile) -> Bool) -> FoundFile? {
    for path in places {
      guard case .elf(let elf) = open(path), accept(elf) else { continue }
      return FoundFile(path: path, origin: .path, elf: elf, isVerified: false)
    }
    return nil
  }
}
