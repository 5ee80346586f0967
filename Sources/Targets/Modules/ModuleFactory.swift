internal import Bytes
internal import ELF
internal import Machine
internal import ModuleFiles

/// Makes modules of drafts: looks for their files.
struct ModuleFactory {
  let finder: FileFinder
  let machine: UInt16
  /// What the kernel told the executable of itself.
  let launch: Launch?
  /// What was dumped, and what was mapped.
  let view: any ModuleMemory

  /// - Parameter memory: where the build-id is read.
  func module(_ draft: ModuleDraft, memory: some TargetMemory) -> Module {
    let buildID = draft.buildID(memory)
    let request = ModuleRequest(
      path: draft.path ?? "", buildID: buildID, image: draft.image?.bytes ?? .empty, mappings: draft.mappings,
      bias: draft.bias, launch: draft.isExecutable ? launch : nil, memory: view, machine: machine,
      isExecutable: draft.isExecutable)
    let code = finder.moduleFile(request)
    let debug = finder.debugFile(request, of: code.found)
    var bias = draft.bias
    var start = draft.start
    var end = draft.end
    if let elf = code.found?.elf ?? draft.image, let layout = ModuleLayout(elf.segments) {
      bias = bias ?? Self.bias(of: elf, draft) ?? launchBias(of: elf, draft)
      if draft.image == nil, let bias { extend(&start, &end, bias, layout, isMapped: !draft.mappings.isEmpty) }
    }
    return Module(
      path: draft.path ?? "", start: start, end: end, bias: bias ?? start, buildID: buildID,
      file: code.found, debugFile: debug.found, image: draft.image, refused: code.refused + debug.refused)
  }

  /// Gives a module whose headers are not in memory the extent that its file has, with the memory that is in no
  /// file (.bss).
  private func extend(
    _ start: inout UInt64, _ end: inout UInt64, _ bias: UInt64, _ layout: ModuleLayout, isMapped: Bool
  ) {
    let first = bias &+ layout.start
    let size = layout.end - layout.start
    guard size <= MemoryImage.maximumSpan, !first.addingReportingOverflow(size).overflow else { return }
    if !isMapped { start = first }
    if first == start { end = max(end, first + size) }
  }

  private func launchBias(of elf: ELFFile, _ draft: ModuleDraft) -> UInt64? {
    draft.isExecutable ? launch.flatMap { $0.bias(of: elf) } : nil
  }

  /// The bias by which the first mapping lies where the file's segments want it.
  private static func bias(of elf: ELFFile, _ draft: ModuleDraft) -> UInt64? {
    guard let first = draft.mappings.first else { return nil }
    let segment = elf.segments.first {
      $0.type == ProgramHeader.load && $0.fileOffset & ~0xffff <= first.fileOffset
        && first.fileOffset &- $0.fileOffset &+ 0xffff < $0.fileSize &+ 0xffff
    }
    return segment.map { first.start &- ($0.address &- $0.fileOffset &+ first.fileOffset) }
  }
}
