internal import Bytes
internal import ELF
package import Machine
package import ModuleFiles
package import Targets
package import Unwinding

extension UnwindModule {
  /// Where a module's code and call frame information are: sections of its file, `.debug_frame` also of its
  /// separate debug file, or else what its program headers say in the target's memory.
  package init(_ module: Module, finder: FileFinder, memory: any TargetMemory, mappings: [Mapping]) {
    let file = module.file
    func section(_ name: StaticString) -> (address: UInt64, bytes: ByteView)? {
      guard let file, file.origin != .memory, let header = file.elf.section(named: name),
        let bytes = finder.sectionContents(name, of: file.elf), !bytes.isEmpty
      else { return nil }
      return (header.address &+ module.bias, bytes)
    }
    let header = section(".eh_frame_hdr") ?? Self.headerInMemory(module, memory)
    self.init(
      start: module.start, end: module.end, bias: module.bias, ehFrameHeader: header,
      ehFrame: section(".eh_frame") ?? header.flatMap { Self.framesInMemory($0, module, memory) },
      debugFrame: [file, module.debugFile].lazy.compactMap { $0 }
        .compactMap { finder.sectionContents(".debug_frame", of: $0.elf) }.first { !$0.isEmpty },
      code: Self.code(of: module, mappings))
  }

  /// All that is known to be code: modules, and executable memory that belongs to none (code made at run time).
  package static func all(of target: any Target, finder: FileFinder) -> [UnwindModule] {
    let modules = target.modules.map {
      UnwindModule($0, finder: finder, memory: target.memory, mappings: target.mappings)
    }
    let generated = target.mappings.filter { mapping in
      mapping.permissions?.contains(.execute) ?? false && mapping.path == nil && mapping.use != .vsyscall
        && target.moduleIndex(containing: mapping.start) == nil
    }
    return modules
      + generated.prefix(4096).map {
        UnwindModule(
          start: $0.start, end: $0.end, bias: 0, ehFrameHeader: nil, ehFrame: nil, debugFrame: nil,
          code: [$0.start..<$0.end])
      }
  }

  /// Executable segments of the file or of the image in memory; where neither is known, executable mappings.
  private static func code(of module: Module, _ mappings: [Mapping]) -> [Range<UInt64>] {
    let segments = (module.file?.elf ?? module.image)?.segments ?? []
    let stated = segments.filter { $0.type == ProgramHeader.load && $0.isExecutable }.compactMap { segment in
      range(from: segment.address &+ module.bias, count: segment.memorySize, in: module)
    }
    if !stated.isEmpty { return stated.sorted { $0.lowerBound < $1.lowerBound } }
    return mappings.filter { module.contains($0.start) && $0.permissions?.contains(.execute) ?? false }
      .map { $0.start..<$0.end }
  }

  private static func range(from start: UInt64, count: UInt64, in module: Module) -> Range<UInt64>? {
    let (end, overflow) = start.addingReportingOverflow(count)
    let last = min(end, module.end)
    guard !overflow, start >= module.start, start < last else { return nil }
    return start..<last
  }

  /// `.eh_frame_hdr` by PT_GNU_EH_FRAME, from the target's memory.
  private static func headerInMemory(_ module: Module, _ memory: any TargetMemory) -> (UInt64, ByteView)? {
    let segments = (module.file?.elf ?? module.image)?.segments ?? []
    guard let segment = segments.first(where: { $0.type == ProgramHeader.ehFrameHeader }),
      let size = Int(exactly: min(segment.memorySize, 64 << 20))
    else { return nil }
    let address = segment.address &+ module.bias
    let bytes = memory.readPrefix(address, size)
    return bytes.isEmpty ? nil : (address, bytes)
  }

  /// `.eh_frame` by its pointer in `.eh_frame_hdr` (relative to itself, 4 bytes, as all linkers write it), from
  /// the target's memory up to the end of its mapping.
  private static func framesInMemory(
    _ header: (address: UInt64, bytes: ByteView), _ module: Module, _ memory: any TargetMemory
  ) -> (UInt64, ByteView)? {
    guard header.bytes.load(UInt8.self, at: 0) == 1, header.bytes.load(UInt8.self, at: 1) == 0x1b,
      let offset = header.bytes.load(Int32.self, at: 4)
    else { return nil }
    let address = header.address &+ 4 &+ UInt64(bitPattern: Int64(offset))
    guard module.contains(address), let window = memory.window(containing: address) else { return nil }
    let end = min(window.end, module.end)
    return window.bytes.slice(address - window.start, end - address).map { (address, $0) }
  }
}
