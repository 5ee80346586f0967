internal import Bytes
internal import DWARF
internal import Dispatch
internal import ELF
internal import ModuleFiles
internal import Synchronization
internal import Targets

/// The debug information of one module, from whichever of its files has it.
struct ModuleDebug {
  let information: DebugInformation
  /// The file that shared parts were moved to, as it is named, where it was not found.
  let missingSupplement: String?

  /// - Returns: nil where no file of the module has debug information.
  init?(_ module: Module, _ finder: FileFinder) {
    for file in [module.debugFile, module.file].compactMap({ $0 }) {
      let sections = DebugSections(of: file, finder)
      guard !sections.info.isEmpty else { continue }
      let supplement = finder.alternateFile(of: file).found
      information = DebugInformation(
        sections, alternate: supplement.map { DebugSections(of: $0, finder) },
        findSplit: { SplitFinder(module: module, debugFile: file, finder: finder).sections($0) })
      missingSupplement = supplement == nil ? finder.supplementLink(of: file)?.path : nil
      return
    }
    return nil
  }

  /// What could not be read so far.
  var problems: [DebugProblem] {
    missingSupplement.map { [.missingSupplement(path: $0)] } ?? information.problems.map { .unreadable($0) }
  }
}

extension DebugSections {
  /// The sections of `file`, decompressed: the large ones, where they are compressed, side by side.
  init(of file: FoundFile, _ finder: FileFinder) {
    self.init()
    guard file.elf.section(named: ".debug_info") != nil || file.elf.section(named: ".zdebug_info") != nil else {
      return
    }
    // The largest first.
    let parts: [(name: StaticString, place: @Sendable () -> WritableKeyPath<DebugSections, ByteView>)] = [
      (".debug_info", { \.info }), (".debug_line", { \.line }), (".debug_str", { \.strings }),
      (".debug_abbrev", { \.abbreviations }), (".debug_rnglists", { \.rangeLists }),
      (".debug_ranges", { \.ranges }), (".debug_aranges", { \.addressRanges }),
      (".debug_line_str", { \.lineStrings }), (".debug_str_offsets", { \.stringOffsets }),
      (".debug_addr", { \.addresses }),
    ]
    let sections = Mutex(self)
    let read: @Sendable (Int) -> Void = { turn in
      guard let contents = finder.sectionContents(parts[turn].name, of: file.elf) else { return }
      sections.withLock { $0[keyPath: parts[turn].place()] = contents }
    }
    if file.elf.section(named: ".debug_info")?.isCompressed == false {
      parts.indices.forEach(read)
    } else {
      DispatchQueue.concurrentPerform(iterations: parts.count, execute: read)
    }
    self = sections.withLock { $0 }
  }

  /// The sections of a split object or package of split objects.
  init(ofSplit elf: ELFFile, _ finder: FileFinder) {
    self.init()
    info = finder.sectionContents(".debug_info.dwo", of: elf) ?? .empty
    abbreviations = finder.sectionContents(".debug_abbrev.dwo", of: elf) ?? .empty
    strings = finder.sectionContents(".debug_str.dwo", of: elf) ?? .empty
    stringOffsets = finder.sectionContents(".debug_str_offsets.dwo", of: elf) ?? .empty
    rangeLists = finder.sectionContents(".debug_rnglists.dwo", of: elf) ?? .empty
  }
}
