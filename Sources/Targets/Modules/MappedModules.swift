internal import Bytes
internal import ELF
internal import Machine
internal import ModuleFiles

/// Finds modules among the mappings of files: runs of mappings of one file that an ELF header begins.
struct MappedModules {
  private(set) var drafts: [ModuleDraft] = []
  /// Whether there were more than are kept.
  private(set) var isCut = false

  /// More modules than any process has; each costs the opening of a few files.
  static let maximumModules = 4096
  /// How far apart the mappings of one module may lie where its headers do not tell: 2 GiB.
  private static let maximumDistance: UInt64 = 1 << 31

  /// - Parameter isExecutable: whether the mapping at an address may be executed.
  init(
    _ files: FileNote, memory: some TargetMemory, machine: UInt16, isExecutable: (UInt64) -> Bool
  ) {
    /// The last draft of each path, and where it ends as its headers say.
    var open: [Int: (draft: Int, end: UInt64?)] = [:]
    for entry in files.entries {
      guard let path = entry.path else { continue }
      let mapping = entry.mapping
      let hasCode = isExecutable(mapping.start)
      if let current = open[path], belongs(mapping, to: drafts[current.draft], end: current.end) {
        drafts[current.draft].mappings.append(mapping)
        drafts[current.draft].end = max(drafts[current.draft].end, mapping.end)
        drafts[current.draft].hasCode = drafts[current.draft].hasCode || hasCode
        continue
      }
      let image =
        mapping.fileOffset == 0
        ? MemoryImage(at: mapping.start, limit: mapping.end, memory: memory, machine: machine) : nil
      // A file that was read through a mapping is no module.
      guard image != nil || hasCode || mapping.fileOffset == 0 else { continue }
      open[path] = (drafts.count, image?.end)
      drafts.append(
        ModuleDraft(
          path: files.paths[path], start: mapping.start, end: max(mapping.end, image?.end ?? 0), bias: image?.bias,
          image: image?.elf, mappings: [mapping], hasCode: hasCode))
    }
    drafts.removeAll { !$0.looksLikeModule }
    if drafts.count > Self.maximumModules {
      drafts.removeLast(drafts.count - Self.maximumModules)
      isCut = true
    }
    limitEnds()
  }

  private func belongs(_ mapping: FileMapping, to draft: ModuleDraft, end: UInt64?) -> Bool {
    if let end { return mapping.start < end }
    return mapping.fileOffset > 0 && mapping.start - draft.start < Self.maximumDistance
  }

  /// A module ends where the next begins, whatever its headers claim.
  private mutating func limitEnds() {
    for index in drafts.indices.dropLast() where drafts[index].end > drafts[index + 1].start {
      drafts[index].end = max(drafts[index + 1].start, drafts[index].start)
    }
  }
}

extension ModuleDraft {
  /// Whether the mappings are a module's: they have code; or headers and more than one part, as data that was
  /// read through one mapping has not.
  fileprivate var looksLikeModule: Bool {
    if image != nil { return hasCode || mappings.count > 1 }
    guard hasCode, let path else { return false }
    // Memory without a file, which the kernel gives a name for its own sake.
    return path.hasPrefix("/") && !["/dev/", "/memfd:", "/SYSV", "/anon_hugepage"].contains(where: path.hasPrefix)
  }
}
