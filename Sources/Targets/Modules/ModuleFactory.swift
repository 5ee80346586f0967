internal import Bytes
internal import ELF
internal import Machine
internal import ModuleFiles

/// Makes modules of drafts: looks for their files.
struct ModuleFactory {
  let finder: FileFinder
  let machine: UInt16

  /// - Parameter memory: where the build-id is read.
  func module(_ draft: ModuleDraft, memory: some TargetMemory) -> Module {
    let buildID = draft.buildID(memory)
    let request = ModuleRequest(
      path: draft.path ?? "", buildID: buildID, image: draft.image?.bytes ?? .empty, mappings: draft.mappings,
      machine: machine, isExecutable: draft.isExecutable)
    let code = finder.moduleFile(request)
    let debug = finder.debugFile(request, of: code.found)
    var bias = draft.bias
    var end = draft.end
    if let elf = code.found?.elf ?? draft.image, let layout = ModuleLayout(elf.segments) {
      bias = bias ?? Self.bias(of: elf, draft)
      // The memory that the file does not hold (.bss) belongs to the module as well.
      let wholeEnd = (bias ?? 0).addingReportingOverflow(layout.end)
      if draft.image == nil, bias != nil, !wholeEnd.overflow, wholeEnd.partialValue > end,
        wholeEnd.partialValue - draft.start < 1 << 40
      {
        end = wholeEnd.partialValue
      }
    }
    return Module(
      path: draft.path ?? "", start: draft.start, end: end, bias: bias ?? draft.start, buildID: buildID,
      file: code.found, debugFile: debug.found, image: draft.image, refused: code.refused + debug.refused)
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
