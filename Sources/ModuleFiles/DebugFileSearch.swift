internal import Bytes
internal import Compression
internal import ELF

extension FileFinder {
  /// The separate file with a module's debug information and full symbol table.
  ///
  /// Looked for, in this order: the `.build-id` folders (`ab/cdef….debug`); every debug folder given, flat, and
  /// as a mirror of the target's paths; what `.gnu_debuglink` names: beside the module's file, in `.debug`
  /// beside it, and in `usr/lib/debug` of every root. The build-id decides; only where the module has none does
  /// the checksum of `.gnu_debuglink`, for which the whole file must be read.
  /// - Parameter file: the module's own file, where it was found. One with `.debug_info` needs no other.
  public func debugFile(_ request: ModuleRequest, of file: FoundFile?) -> FileSearch {
    if let elf = file?.elf, Self.hasDebugInformation(elf) { return FileSearch(found: nil, refused: []) }
    let identifier = request.buildID ?? file?.elf.buildID
    let link = file.flatMap { debugLink(of: $0.elf) }
    var refused: [RefusedFile] = []

    func attempt(_ path: String, _ origin: FileOrigin, checksum: UInt32? = nil) -> FoundFile? {
      guard path != file?.path else { return nil }
      switch open(path) {
      case .failed(let reason):
        if !reason.isAbsence { refused.append(RefusedFile(path: path, reason: reason)) }
        return nil
      case .elf(let elf):
        // In a folder for many files a stripped one may lie as well.
        guard elf.header.machine == request.machine, Self.hasDebugInformation(elf) || elf.hasFullSymbols else {
          return nil
        }
        if let identifier {
          let found = elf.buildID
          if let found, found.hasSameBytes(as: identifier) {
            return FoundFile(path: path, origin: origin, elf: elf, isVerified: request.buildID != nil)
          }
          refused.append(
            RefusedFile(
              path: path, reason: .wrongBuildID(expected: identifier.hexadecimal, found: found?.hexadecimal)))
          return nil
        }
        guard let checksum else { return nil }
        guard CRC32.checksum(elf.bytes) == checksum else {
          refused.append(RefusedFile(path: path, reason: .wrongChecksum))
          return nil
        }
        return FoundFile(path: path, origin: origin, elf: elf, isVerified: false)
      }
    }

    if let identifier {
      for folder in buildIDFolders {
        guard let path = folder.path(of: identifier, suffix: ".debug") else { continue }
        if let found = attempt(path, .buildID) { return FileSearch(found: found, refused: refused) }
      }
    }
    for path in placesInDebugFolders(of: request.path, linkName: link?.name) {
      if let found = attempt(path, .path, checksum: link?.checksum) {
        return FileSearch(found: found, refused: refused)
      }
    }
    if let link {
      for path in placesOfLink(link.name, targetPath: request.path, hostPath: file?.path) {
        if let found = attempt(path, .debugLink, checksum: link.checksum) {
          return FileSearch(found: found, refused: refused)
        }
      }
    }
    return FileSearch(found: nil, refused: refused)
  }

  /// The symbols that a stripped file carries along, compressed (`.gnu_debugdata`; "MiniDebugInfo" in gdb's
  /// manual). Unpacking takes milliseconds: it is meant for modules that an address falls into.
  public func debugData(of file: FoundFile) -> FoundFile? {
    guard let section = file.elf.section(named: ".gnu_debugdata") else { return nil }
    let packed = file.elf.contents(of: section)
    guard CompressionFormat(magicOf: packed) == .xz,
      let contents = unpackedOnce(
        packed,
        { packed in
          let limit = min(packed.count, Self.maximumDebugData / Self.maximumRatio) * Self.maximumRatio
          do throws(DecompressionError) {
            return try Decompression.decompress(packed, .xz, limit: limit)
          } catch {
            // A damaged section is as good as none.
            return nil
          }
        })
    else { return nil }
    do throws(ELFError) {
      let elf = try ELFFile(contents)
      guard elf.header.machine == file.elf.header.machine else { return nil }
      return FoundFile(path: file.path, origin: .debugData, elf: elf, isVerified: file.isVerified)
    } catch {
      return nil
    }
  }

  /// The most that `.gnu_debugdata` may become: 256 MiB.
  private static let maximumDebugData = 256 << 20

  static func hasDebugInformation(_ elf: ELFFile) -> Bool {
    elf.section(named: ".debug_info") != nil || elf.section(named: ".zdebug_info") != nil
  }

  /// What `.gnu_debuglink` says: a file's name, padded with zeros to four bytes, and its CRC-32.
  private func debugLink(of elf: ELFFile) -> (name: String, checksum: UInt32)? {
    guard let section = elf.section(named: ".gnu_debuglink") else { return nil }
    let contents = elf.contents(of: section)
    guard let name = contents.cString(at: 0, limit: 4096), !name.isEmpty,
      let checksum = contents.load(UInt32.self, at: (name.count + 1 + 3) & ~3)
    else { return nil }
    let text = name.text
    // It is the name of a file in folders of our choice; one with slashes would lead elsewhere.
    guard !text.contains("/"), text != "..", text != "." else { return nil }
    return (text, checksum)
  }

  private func placesInDebugFolders(of targetPath: String, linkName: String?) -> [String] {
    let plain = Self.variants(of: targetPath).first ?? targetPath
    guard let name = plain.split(separator: "/").last else { return [] }
    let folder = plain.dropLast(name.count)
    return paths.debugDirectories.flatMap { directory -> [String] in
      var places = ["\(directory)/\(name).debug", "\(directory)/\(name)"]
      if plain.hasPrefix("/") { places += ["\(directory)\(plain).debug", "\(directory)\(plain)"] }
      if let linkName { places += ["\(directory)/\(linkName)", "\(directory)\(folder)\(linkName)"] }
      return places
    }
  }

  private func placesOfLink(_ name: String, targetPath: String, hostPath: String?) -> [String] {
    var places: [String] = []
    if let hostPath {
      let folder = hostPath.folder
      places += ["\(folder)\(name)", "\(folder).debug/\(name)"]
    }
    for variant in Self.variants(of: targetPath) {
      let folder = variant.folder
      places += roots.compactMap { $0.hostPath(of: "/usr/lib/debug\(folder)\(name)") }
    }
    return places
  }
}

extension String {
  /// Everything up to and with the last slash; empty where there is none.
  var folder: Substring {
    lastIndex(of: "/").map { self[...$0] } ?? ""
  }
}

extension ELFFile {
  /// Whether the file has a full symbol table, not just the dynamic linker's.
  fileprivate var hasFullSymbols: Bool {
    sections.contains { $0.type == SectionHeader.symbolTable && $0.fileSize > 0 }
  }
}
