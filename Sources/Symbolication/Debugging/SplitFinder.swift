internal import DWARF
internal import ModuleFiles
internal import Targets

/// Finds the sections of split units: in the package beside the module, else in the object that the
/// skeleton names.
struct SplitFinder {
  let module: Module
  /// The file with the skeleton units.
  let debugFile: FoundFile
  let finder: FileFinder

  /// The sections of the unit that `reference` names; nil where no file has it.
  func sections(_ reference: SplitReference) -> DebugSections? {
    var found: DebugSections?
    for file in [debugFile, module.file].compactMap({ $0 }) {
      _ = finder.packageFile(of: file, targetPath: module.path) { elf in
        guard let index = finder.sectionContents(".debug_cu_index", of: elf) else { return false }
        found = SplitPackage(index: index, sections: DebugSections(ofSplit: elf, finder)).unit(reference.id)
        return found != nil
      }
      if let found { return found }
    }
    let object = finder.splitFile(
      named: reference.name, compilationDirectory: reference.directory, of: debugFile,
      accept: { DebugInformation.split(DebugSections(ofSplit: $0, finder), holds: reference.id) })
    return object.map { DebugSections(ofSplit: $0.elf, finder) }
  }
}
