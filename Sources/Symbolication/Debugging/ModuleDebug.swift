internal import Bytes
internal import DWARF
internal import ELF
internal import ModuleFiles
internal import Targets

/// Opens the debug information of one module, from whichever of its files has it.
///
/// - Returns: nil where no file of the module has debug information.
func debugInformation(of module: Module, _ finder: FileFinder) -> DebugInformation? {
  for file in [module.debugFile, module.file].compactMap({ $0 }) {
    let sections = DebugSections(of: file, finder)
    guard !sections.info.isEmpty else { continue }
    return DebugInformation(
      sections, alternate: finder.alternateFile(of: file).found.map { DebugSections(of: $0, finder) },
      findSplit: { SplitFinder(module: module, debugFile: file, finder: finder).sections($0) })
  }
  return nil
}

extension DebugSections {
  /// The sections of `file`, decompressed.
  init(of file: FoundFile, _ finder: FileFinder) {
    self.init()
    info = finder.sectionContents(".debug_info", of: file.elf) ?? .empty
    guard !info.isEmpty else { return }
    abbreviations = finder.sectionContents(".debug_abbrev", of: file.elf) ?? .empty
    line = finder.sectionContents(".debug_line", of: file.elf) ?? .empty
    strings = finder.sectionContents(".debug_str", of: file.elf) ?? .empty
    lineStrings = finder.sectionContents(".debug_line_str", of: file.elf) ?? .empty
    stringOffsets = finder.sectionContents(".debug_str_offsets", of: file.elf) ?? .empty
    addresses = finder.sectionContents(".debug_addr", of: file.elf) ?? .empty
    addressRanges = finder.sectionContents(".debug_aranges", of: file.elf) ?? .empty
    ranges = finder.sectionContents(".debug_ranges", of: file.elf) ?? .empty
    rangeLists = finder.sectionContents(".debug_rnglists", of: file.elf) ?? .empty
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
