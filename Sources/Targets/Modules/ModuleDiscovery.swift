internal import Bytes
internal import ELF
internal import Machine
internal import ModuleFiles

/// Finds the modules of a core, from what each of its parts tells, and their files.
struct ModuleDiscovery {
  let machine: UInt16
  let files: FileNote?
  let mappings: [Mapping]
  let auxiliaryVector: AuxiliaryVector
  let finder: FileFinder

  struct Result {
    let modules: [Module]
    let memory: CoreMemory
  }

  func modules(core: ByteView, segments: [CoreSegment], dumped: CoreMemory) -> Result {
    var drafts: [ModuleDraft] = []
    if let files {
      drafts = MappedModules(files, memory: dumped, machine: machine) { isExecutable($0) }.drafts
    }
    let factory = ModuleFactory(finder: finder, machine: machine)
    markExecutable(&drafts)
    var modules = drafts.map { factory.module($0, memory: dumped) }
    if let index = drafts.firstIndex(where: \.isExecutable) { modules.insert(modules.remove(at: index), at: 0) }
    if let vdso = vdso(dumped) { modules.append(vdso) }
    let pages = FilePages(modules, mappings, hasFileNote: files != nil)
    return Result(
      modules: modules,
      memory: CoreMemory(core: core, segments: segments, files: pages.files, fileRuns: pages.runs))
  }

  private func isExecutable(_ address: UInt64) -> Bool {
    let index = mappings.partitioningIndex { $0.end > address }
    return index < mappings.count && mappings[index].start <= address
      && mappings[index].permissions?.contains(.execute) == true
  }

  /// The executable is the module with the program headers that the kernel saw, or its entry.
  private func markExecutable(_ drafts: inout [ModuleDraft]) {
    for type in [AuxiliaryVector.programHeaders, AuxiliaryVector.entry] {
      guard let address = auxiliaryVector[type] else { continue }
      if let index = drafts.firstIndex(where: { $0.contains(address) }) {
        drafts[index].isExecutable = true
        return
      }
    }
  }

  /// The vDSO, whose file is its image in memory.
  private func vdso(_ memory: CoreMemory) -> Module? {
    guard let address = auxiliaryVector[AuxiliaryVector.vdso],
      let image = MemoryImage(at: address, limit: nil, memory: memory, machine: machine)
    else { return nil }
    let file = FoundFile(path: nil, origin: .memory, elf: image.elf, isVerified: true)
    return Module(
      path: "[vdso]", start: image.start, end: image.end, bias: image.bias, buildID: image.elf.buildID, file: file,
      debugFile: nil, image: image.elf, refused: [])
  }
}
