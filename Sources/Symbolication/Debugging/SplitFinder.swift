internal import Bytes
internal import DWARF
internal import ModuleFiles
internal import Targets

/// Finds the sections of split units: in the package beside the module, else in the object that the
/// skeleton names.
struct SplitFinder {
  let module: Module
  /// The file with the skeleton units.
  let debugFile: FoundFile
  let files: any DebugFiles

  /// The sections of the unit that `reference` names; nil where no file has it.
  func sections(_ reference: SplitReference) -> DebugSections? {
    for file in [debugFile, module.file].compactMap({ $0 }) {
      if let package = files.splitPackage(of: file), let index = files.section(".debug_cu_index", of: package),
        let sections = SplitPackage(index: index, sections: DebugSections(ofSplit: package, files)).unit(reference.id)
      {
        return sections
      }
    }
    let found = files.splitObject(
      ByteView(Array(reference.name.utf8)), directory: reference.directory.map { ByteView(Array($0.utf8)) },
      of: debugFile)
    return found.map { DebugSections(ofSplit: $0, files) }
  }
}
