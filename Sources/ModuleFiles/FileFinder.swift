internal import Bytes
internal import ELF
internal import Synchronization

/// Finds the files of a target's modules on this host, and keeps them: every file is opened once.
///
/// A file is believed where its build-id is the target's. Where the target's memory does not hold the
/// build-id, a file is accepted if its headers agree with what the target had mapped, and is marked as not
/// verified.
public final class FileFinder: Sendable {
  /// Where is looked.
  public let paths: SearchPaths
  let roots: [SystemRoot]
  package let workingFolders: [String]
  /// Another host's files, which are taken for what lies at their paths; nil where there are none.
  private let replayed: RecordedFiles?
  /// Whether this host's files are looked at.
  let looksAtHost: Bool
  private let links: ResolvedLinks
  private let opened = Mutex<[String: OpenedFile]>([:])
  let unpacked = Mutex<UnpackedSections>(UnpackedSections())

  /// What opening a file came to, kept so that it is tried once.
  enum OpenedFile {
    case elf(ELFFile)
    case failed(RefusedFile.Reason)
  }

  /// - Parameter workingFolders: the host's folders in which an executable is looked for that was started by a
  ///   relative path: the core's own, and the current one.
  public convenience init(_ paths: SearchPaths = SearchPaths(), workingFolders: [String] = []) {
    self.init(paths, workingFolders: workingFolders, replaying: nil, looksAtHost: true)
  }

  /// Looks at what was found on another host, as if it lay here.
  ///
  /// - Parameter looksAtHost: whether this host's own files are looked at where the other's has none.
  package init(_ paths: SearchPaths, workingFolders: [String], replaying: RecordedFiles?, looksAtHost: Bool) {
    self.paths = paths
    self.workingFolders = workingFolders
    replayed = replaying
    self.looksAtHost = looksAtHost
    let links = ResolvedLinks(replaying?.links ?? [:], isReplayed: !looksAtHost)
    self.links = links
    roots =
      paths.systemRoots.isEmpty ? [SystemRoot("/")] : paths.systemRoots.map { SystemRoot($0, links: links) }
  }

  /// Everything that was opened until now.
  package var recorded: RecordedFiles {
    var record = RecordedFiles(links: links.all)
    for (path, outcome) in opened.withLock({ $0 }) {
      switch outcome {
      case .elf(let elf): record.files[path] = elf
      case .failed(let reason): if !reason.isAbsence { record.failures[path] = reason }
      }
    }
    return record
  }

  /// The file with a module's code.
  ///
  /// Looked for, in this order: the file that the user named (the executable only); the module's path in every
  /// root, with and without `/usr`, and its name in the root itself; the `.build-id` folders; the folders to
  /// start from (the executable only); before them, of a living process, the file that it has mapped. Where roots were given and hold no such file, the host's own is taken if its
  /// build-id proves it to be the right one.
  public func moduleFile(_ request: ModuleRequest) -> FileSearch {
    var refused: [RefusedFile] = []
    func attempt(_ path: String, _ origin: FileOrigin) -> FoundFile? {
      switch open(path) {
      case .failed(let reason):
        if !reason.isAbsence { Self.note(RefusedFile(path: path, reason: reason), in: &refused) }
        return nil
      case .elf(let elf):
        switch judge(elf, for: request) {
        case .accepted(let isVerified):
          return FoundFile(path: path, origin: origin, elf: elf, isVerified: isVerified)
        case .refused(let reason):
          Self.note(RefusedFile(path: path, reason: reason), in: &refused)
          return nil
        }
      }
    }

    if request.isExecutable, let named = paths.executable {
      if let file = attempt(named, .named) { return FileSearch(found: file, refused: refused) }
      if refused.isEmpty, case .failed(let reason) = open(named) {
        refused.append(RefusedFile(path: named, reason: reason))
      }
    }
    let variants = Self.variants(of: request.path)
    for root in roots {
      for path in variants {
        guard let host = root.hostPath(of: path) else {
          Self.note(RefusedFile(path: root.path + path, reason: .linkLoop), in: &refused)
          continue
        }
        if let file = attempt(host, .path) { return FileSearch(found: file, refused: refused) }
      }
    }
    if let identifier = request.buildID {
      for folder in buildIDFolders {
        guard let path = folder.path(of: identifier, suffix: "") else { continue }
        if let file = attempt(path, .buildID), file.isVerified { return FileSearch(found: file, refused: refused) }
      }
    }
    for path in mappedPlaces(request) {
      if let file = attempt(path, .path) { return FileSearch(found: file, refused: refused) }
    }
    if request.isExecutable {
      for path in placesOfExecutable(request.path) {
        if let file = attempt(path, .path) { return FileSearch(found: file, refused: refused) }
      }
    }
    return FileSearch(found: provenOnHost(variants, request), refused: refused)
  }

  /// The module's file as its process has it open.
  private func mappedPlaces(_ request: ModuleRequest) -> [String] {
    guard let folder = paths.mappedFiles else { return [] }
    let places = request.mappings.prefix(1).map {
      "\(folder)/\(String($0.start, radix: 16))-\(String($0.end, radix: 16))"
    }
    // The link `exe` needs no privilege beyond that of tracing.
    return places + (request.isExecutable ? [folder.folder + "exe"] : [])
  }

  /// Where an executable may lie that was started by a relative path, or was moved next to its core.
  private func placesOfExecutable(_ path: String) -> [String] {
    guard let name = path.split(separator: "/").last else { return [] }
    return workingFolders.flatMap { folder in
      path.hasPrefix("/") ? ["\(folder)/\(name)"] : ["\(folder)/\(path)", "\(folder)/\(name)"]
    }
  }

  /// The host's own file at one of the paths, where roots were given that are not the host's: if its build-id is the
  /// target's. An emulated program's executable comes from the host as well, and its core may hold no build-id.
  private func provenOnHost(_ variants: [String], _ request: ModuleRequest) -> FoundFile? {
    guard !roots.contains(where: \.isHost) else { return nil }
    for path in variants {
      guard case .elf(let elf) = open(path), case .accepted(let isVerified) = judge(elf, for: request),
        isVerified || request.isExecutable
      else { continue }
      return FoundFile(path: path, origin: .path, elf: elf, isVerified: isVerified)
    }
    return nil
  }

  /// Opens and maps a file of the host, once.
  func open(_ path: String) -> OpenedFile {
    if let known = opened.withLock({ $0[path] }) { return known }
    let result = fromRecord(path) ?? fromHost(path)
    return opened.withLock { table in
      // Two users at once may have opened it; both keep the first's.
      if let known = table[path] { return known }
      table[path] = result
      return result
    }
  }

  private func fromRecord(_ path: String) -> OpenedFile? {
    if let elf = replayed?.files[path] { return .elf(elf) }
    if let reason = replayed?.failures[path] { return .failed(reason) }
    return looksAtHost ? nil : .failed(.unreadable(2))
  }

  private func fromHost(_ path: String) -> OpenedFile {
    do throws(FileError) {
      let file = ByteView(try MappedFile(path: path))
      do throws(ELFError) {
        return .elf(try ELFFile(file))
      } catch {
        return .failed(.notUsable)
      }
    } catch {
      return .failed(.unreadable(error.errno))
    }
  }

  private static func note(_ file: RefusedFile, in refused: inout [RefusedFile]) {
    if refused.count < 64, !refused.contains(file) { refused.append(file) }
  }

  /// The paths by which a file may be known: without the kernel's " (deleted)", on both sides of the merge of
  /// `/lib` into `/usr/lib`, and by its name alone, for files that were collected into one folder.
  static func variants(of path: String) -> [String] {
    let deleted = " (deleted)"
    let plain = path.hasSuffix(deleted) ? String(path.dropLast(deleted.count)) : path
    guard plain.hasPrefix("/") else { return [] }
    var variants = [plain]
    if plain.hasPrefix("/usr/") {
      variants.append(String(plain.dropFirst(4)))
    } else if ["/lib", "/bin/", "/sbin/"].contains(where: plain.hasPrefix) {
      variants.append("/usr" + plain)
    }
    if let name = plain.split(separator: "/").last, plain != "/" + name { variants.append("/" + name) }
    return variants
  }
}

extension RefusedFile.Reason {
  /// Whether nothing lies at the path: ENOENT or ENOTDIR.
  var isAbsence: Bool { self == .unreadable(2) || self == .unreadable(20) }
}
