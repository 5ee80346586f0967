internal import Bytes
internal import DWARF
internal import ELF
internal import ModuleFiles
internal import Targets

/// Opens the debug information of one module, from whichever of its files has it.
///
/// - Returns: nil where no file of the module has debug information.
func debugInformation(of module: Module, _ files: any DebugFiles) -> DebugInformation? {
  for file in [module.debugFile, module.file].compactMap({ $0 }) {
    let sections = DebugSections(of: file, files)
    guard !sections.info.isEmpty else { continue }
    return DebugInformation(
      sections, alternate: files.alternate(of: file).map { DebugSections(of: $0, files) },
      findSplit: { SplitFinder(module: module, debugFile: file, files: files).sections($0) })
  }
  return nil
}

extension DebugSections {
  /// The sections of `file`, decompressed.
  init(of file: FoundFile, _ files: any DebugFiles) {
    self.init()
    info = files.section(".debug_info", of: file) ?? .empty
    guard !info.isEmpty else { return }
    abbreviations = files.section(".debug_abbrev", of: file) ?? .empty
    line = files.section(".debug_line", of: file) ?? .empty
    strings = files.section(".debug_str", of: file) ?? .empty
    lineStrings = files.section(".debug_line_str", of: file) ?? .empty
    stringOffsets = files.section(".debug_str_offsets", of: file) ?? .empty
    addresses = files.section(".debug_addr", of: file) ?? .empty
    addressRanges = files.section(".debug_aranges", of: file) ?? .empty
    ranges = files.section(".debug_ranges", of: file) ?? .empty
    rangeLists = files.section(".debug_rnglists", of: file) ?? .empty
  }

  /// The sections of a split object or package of split objects.
  init(ofSplit file: FoundFile, _ files: any DebugFiles) {
    self.init()
    info = files.section(".debug_info.dwo", of: file) ?? .empty
    abbreviations = files.section(".debug_abbrev.dwo", of: file) ?? .empty
    strings = files.section(".debug_str.dwo", of: file) ?? .empty
    stringOffsets = files.section(".debug_str_offsets.dwo", of: file) ?? .empty
    rangeLists = files.section(".debug_rnglists.dwo", of: file) ?? .empty
  }
}
