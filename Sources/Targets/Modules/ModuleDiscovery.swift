internal import Bytes
internal import ELF
internal import Machine
internal import ModuleFiles

/// Finds the modules of a core, from what each of its parts tells, and their files.
///
/// NT_FILE tells of most; the dynamic linker's list gives their order, and those that NT_FILE lacks or that are
/// lost with it; the auxiliary vector tells which is the executable, and where the vDSO is.
struct ModuleDiscovery {
  let machine: UInt16
  let files: FileNote?
  let mappings: [Mapping]
  let auxiliaryVector: AuxiliaryVector
  let finder: FileFinder
  let core: ByteView
  let segments: [CoreSegment]
  /// Where memory is read that was not dumped; nil for a file.
  var beyond: (any TargetMemory)?

  struct Result {
    var modules: [Module] = []
    var memory: CoreMemory
    /// Whether the dynamic linker's list was found, and could be followed to its end.
    var hasLinkMap = false
    var isLinkMapCut = false
    /// Whether there were more modules than are kept.
    var isCut = false
  }

  func run() -> Result {
    let dumped = CoreMemory(core: core, segments: segments, beyond: beyond)
    let factory = ModuleFactory(
      finder: finder, machine: machine, launch: launch, view: DumpView(memory: dumped, mappings: mappings))
    var result = Result(memory: dumped)

    var drafts: [ModuleDraft] = []
    if let files {
      let mapped = MappedModules(files, memory: dumped, machine: machine) { isExecutable($0) }
      (drafts, result.isCut) = (mapped.drafts, mapped.isCut)
    }
    let headers = markExecutable(&drafts, dumped)
    let vdso = vdso(dumped)
    var modules = drafts.map { factory.module($0, memory: dumped) }
    // The list may lead through pages that are the files', such as the executable's headers.
    result.memory = memory(with: modules)

    if let list = linkMap(headers, modules, result.memory) {
      result.hasLinkMap = true
      result.isLinkMapCut = list.isCut
      let order = add(list, to: &drafts, vdso: vdso, result.memory)
      modules += drafts[modules.count...].map { factory.module($0, memory: result.memory) }
      modules = sorted(modules, drafts, order)
      result.memory = memory(with: modules)
    } else {
      modules = sorted(modules, drafts, [:])
    }
    if let vdso { modules.append(vdso) }
    result.modules = modules
    return result
  }

  private func memory(with modules: [Module]) -> CoreMemory {
    let pages = FilePages(modules, mappings, hasFileNote: files != nil)
    return CoreMemory(
      core: core, segments: segments, files: pages.files, fileRuns: pages.runs, beyond: beyond)
  }

  private func isExecutable(_ address: UInt64) -> Bool {
    let index = mappings.partitioningIndex { $0.end > address }
    return index < mappings.count && mappings[index].start <= address
      && mappings[index].permissions?.contains(.execute) == true
  }

  /// The executable is the module with the program headers that the kernel saw, or its entry. Where there is no
  /// such module, one is made from these headers.
  private func markExecutable(_ drafts: inout [ModuleDraft], _ memory: CoreMemory) -> ExecutableHeaders? {
    let headers = ExecutableHeaders(auxiliaryVector, memory: memory)
    for type in [AuxiliaryVector.programHeaders, AuxiliaryVector.entry] {
      guard let address = auxiliaryVector[type] else { continue }
      if let index = drafts.firstIndex(where: { $0.contains(address) }) {
        drafts[index].isExecutable = true
        return headers
      }
    }
    if let draft = executable(headers, memory) { drafts.insert(draft, at: 0) }
    return headers
  }

  /// The executable where no mapping of a file tells of it.
  private func executable(_ headers: ExecutableHeaders?, _ memory: CoreMemory) -> ModuleDraft? {
    let path = auxiliaryVector[AuxiliaryVector.executablePath].flatMap { memory.cString(at: $0)?.text }
    guard let headers, let layout = ModuleLayout(headers.segments) else {
      // Its file will tell where it begins and ends.
      guard let launch, path != nil || finder.paths.executable != nil else { return nil }
      let start = launch.headers & ~0xfff
      guard start < UInt64.max - 0xfff else { return nil }
      return ModuleDraft(
        path: path, start: start, end: start + 0x1000, bias: nil, image: nil, mappings: [], hasCode: true,
        isExecutable: true)
    }
    let start = headers.bias &+ layout.start
    let end = start.addingReportingOverflow(layout.end - layout.start)
    guard !end.overflow else { return nil }
    return ModuleDraft(
      path: path, start: start, end: end.partialValue, bias: headers.bias,
      image: image(at: start, memory)?.elf, mappings: [], hasCode: true,
      isExecutable: true)
  }

  private var launch: Launch? {
    guard let headers = auxiliaryVector[AuxiliaryVector.programHeaders],
      let count = auxiliaryVector[AuxiliaryVector.programHeaderCount],
      let entry = auxiliaryVector[AuxiliaryVector.entry]
    else { return nil }
    return Launch(headers: headers, headerCount: count, entry: entry)
  }

  /// The dynamic linker's list: found through the executable's DT_DEBUG, or, where that is lost, through the
  /// dynamic linker's own symbol `_r_debug`.
  private func linkMap(_ headers: ExecutableHeaders?, _ modules: [Module], _ memory: CoreMemory) -> LinkMap? {
    let headers = headers ?? ExecutableHeaders(auxiliaryVector, memory: memory)
    if let dynamic = headers?.dynamic,
      let debug = DynamicSection(at: dynamic, memory: memory)[DynamicSection.debug], debug != 0
    {
      let list = LinkMap(at: debug, memory: memory)
      if !list.entries.isEmpty { return list }
    }
    // A dynamic linker that was itself started as a program has no base of its own.
    let base = auxiliaryVector[AuxiliaryVector.interpreterBase] ?? 0
    guard let place = base != 0 ? base : auxiliaryVector[AuxiliaryVector.entry],
      let linker = modules.first(where: { $0.contains(place) }), let file = linker.file,
      let symbol = file.elf.dynamicSymbols(named: ["_r_debug"])["_r_debug"]
    else { return nil }
    let list = LinkMap(at: linker.bias &+ symbol.value, memory: memory)
    return list.entries.isEmpty ? nil : list
  }

  /// Names the drafts that the list knows and adds those that it alone knows.
  ///
  /// - Returns: the place in the list of each draft that is in it.
  private func add(
    _ list: LinkMap, to drafts: inout [ModuleDraft], vdso: Module?, _ memory: CoreMemory
  ) -> [Int: Int] {
    var order: [Int: Int] = [:]
    for (place, entry) in list.entries.enumerated() where vdso?.contains(entry.dynamic) != true {
      let known =
        drafts.firstIndex { entry.dynamic != 0 && $0.contains(entry.dynamic) }
        ?? drafts.firstIndex {
          $0.bias == entry.bias && (entry.dynamic == 0 || $0.image == nil) && $0.path == entry.name
        }
      if let known {
        order[known] = order[known] ?? place
        continue
      }
      guard let draft = draft(entry, memory), drafts.count < MappedModules.maximumModules else { continue }
      order[drafts.count] = place
      drafts.append(draft)
    }
    return order
  }

  /// A module that only the list knows. Its extent comes from its headers in memory, or else from its file.
  private func draft(_ entry: LinkMap.Entry, _ memory: CoreMemory) -> ModuleDraft? {
    guard !entry.name.isEmpty, entry.dynamic != 0 else { return nil }
    // Where the linker was told to begin at 0, as it is for shared objects, the bias is where the headers lie.
    if let image = image(at: entry.bias, memory) {
      guard entry.dynamic >= image.start, entry.dynamic < image.end else { return nil }
      return ModuleDraft(
        path: entry.name, start: image.start, end: image.end, bias: image.bias, image: image.elf, mappings: [],
        hasCode: true)
    }
    return ModuleDraft(
      path: entry.name, start: min(entry.bias, entry.dynamic), end: entry.dynamic &+ 1, bias: entry.bias, image: nil,
      mappings: [], hasCode: true)
  }

  /// The image that begins at `start`, as far as its first mapping goes: behind it the file's bytes need not lie as
  /// they do in the file.
  private func image(at start: UInt64, _ memory: CoreMemory) -> MemoryImage? {
    let index = mappings.partitioningIndex { $0.end > start }
    guard index < mappings.count, mappings[index].contains(start) else { return nil }
    return MemoryImage(at: start, limit: mappings[index].end, memory: memory, machine: machine)
  }

  /// The executable first, then by the dynamic linker's list, then by address.
  private func sorted(_ modules: [Module], _ drafts: [ModuleDraft], _ order: [Int: Int]) -> [Module] {
    modules.indices.sorted { a, b in
      if drafts[a].isExecutable != drafts[b].isExecutable { return drafts[a].isExecutable }
      let (placeA, placeB) = (order[a] ?? Int.max, order[b] ?? Int.max)
      return placeA != placeB ? placeA < placeB : modules[a].start < modules[b].start
    }.map { modules[$0] }
  }

  /// The vDSO, whose file is its image in memory.
  private func vdso(_ memory: CoreMemory) -> Module? {
    guard let address = auxiliaryVector[AuxiliaryVector.vdso],
      let image = image(at: address, memory)
    else { return nil }
    let file = FoundFile(path: nil, origin: .memory, elf: image.elf, isVerified: true)
    return Module(
      path: "[vdso]", start: image.start, end: image.end, bias: image.bias, buildID: image.elf.buildID, file: file,
      debugFile: nil, image: image.elf, refused: [])
  }
}

/// What was dumped and what was mapped, for judging files.
private struct DumpView: ModuleMemory {
  let memory: CoreMemory
  let mappings: [Mapping]

  func dumpedBytes(at address: UInt64, atMost count: Int) -> ByteView { memory.readPrefix(address, count) }

  func isMapped(_ address: UInt64) -> Bool {
    let index = mappings.partitioningIndex { $0.end > address }
    return index < mappings.count && mappings[index].contains(address)
  }
}
