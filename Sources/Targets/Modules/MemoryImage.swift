internal import Bytes
internal import ELF
internal import Machine

/// An ELF file as a target has it mapped: its headers, read from the target's memory.
struct MemoryImage {
  /// The address of the ELF header.
  let start: UInt64
  /// What is added to an address that the linker stated to give one in the target. Wraps.
  let bias: UInt64
  /// After the last address of the last PT_LOAD.
  let end: UInt64
  /// The bytes from `start` as far as they lie in memory as they lie in the file.
  let elf: ELFFile

  /// The largest distance from the first to the last address that is believed: 1 TiB.
  static let maximumSpan: UInt64 = 1 << 40

  /// - Parameters:
  ///   - start: where an ELF header may lie.
  ///   - limit: where the mapping that begins at `start` ends.
  /// - Returns: nil where the header or the program headers are not readable, or make no sense.
  init?(at start: UInt64, limit: UInt64, memory: some TargetMemory, machine: UInt16) {
    guard memory.load(UInt32.self, at: start) == 0x464c_457f, let window = memory.window(containing: start) else {
      return nil
    }
    let end = min(window.end, limit)
    guard end > start else { return nil }
    let bytes = window.bytes.prefix(from: start - window.start, atMost: end - start)
    do throws(ELFError) {
      elf = try ELFFile(bytes)
    } catch {
      return nil
    }
    guard elf.header.machine == machine,
      elf.header.type == ELFHeader.executable || elf.header.type == ELFHeader.sharedObject,
      let layout = ModuleLayout(elf.segments)
    else { return nil }
    let span = layout.end - layout.start
    guard span <= Self.maximumSpan, !start.addingReportingOverflow(span).overflow else { return nil }
    self.start = start
    self.end = start + span
    bias = start &- layout.start
  }
}

/// Where the PT_LOADs of a file lie, in addresses as the linker stated them.
struct ModuleLayout {
  /// The address at which the file's first byte would be mapped.
  let start: UInt64
  /// After the last address.
  let end: UInt64

  /// nil where no segment can be loaded, or all make no sense.
  init?(_ segments: [ProgramHeader]) {
    let loads = segments.filter {
      $0.type == ProgramHeader.load && $0.memorySize > 0 && !$0.address.addingReportingOverflow($0.memorySize).overflow
    }
    guard let first = loads.min(by: { $0.address < $1.address }), first.address >= first.fileOffset,
      let end = loads.map({ $0.address + $0.memorySize }).max()
    else { return nil }
    // The first segment begins with the file's first page, as every linker has it.
    start = first.fileOffset < 0x1_0000 ? first.address - first.fileOffset : first.address & ~0xfff
    self.end = end
  }
}
