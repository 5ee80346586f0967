internal import Bytes
internal import ELF
internal import Machine
internal import ModuleFiles
internal import Targets

/// What of a target's memory stays as it is when texts are zeroed. Addresses are the target's.
enum RedactionExceptions {
  private static let maximumName = 256

  static func ranges(_ target: CoreTarget) -> ByteRanges {
    var ranges = ByteRanges()
    let places = TargetPlaces(target)
    ranges.add(loaderPaths(target, places))
    ranges.add(variableNames(target, places))
    for address in places.signalFrames {
      // siginfo and general registers, not the vectors' registers that follow.
      ranges.add(address - min(address, 16), target.architecture == .x86_64 ? 0x1d0 : 0x260)
    }
    ranges.add(headers(target))
    return ranges
  }

  /// The paths by which the executable and the shared objects are known.
  private static func loaderPaths(_ target: CoreTarget, _ places: TargetPlaces) -> ByteRanges {
    var ranges = ByteRanges()
    func keep(_ address: UInt64) {
      if let text = target.memory.cString(at: address) { ranges.add(address, UInt64(text.count) + 1) }
    }
    if let path = target.auxiliaryVector[AuxiliaryVector.executablePath] { keep(path) }
    for address in places.linkMapNames { keep(address) }
    return ranges
  }

  /// The names of environment variables, with the `=` behind them.
  private static func variableNames(_ target: CoreTarget, _ places: TargetPlaces) -> ByteRanges {
    var ranges = ByteRanges()
    for pointer in Set(places.variables) {
      let text = target.memory.readPrefix(pointer, maximumName).array
      guard let equals = text.firstIndex(of: 0x3d), equals > 0, !text[..<equals].contains(0) else { continue }
      ranges.add(pointer, UInt64(equals) + 1)
    }
    return ranges
  }

  /// ELF headers, notes and tables of modules, without what their files hold of the program's own data.
  private static func headers(_ target: CoreTarget) -> ByteRanges {
    var ranges = ByteRanges()
    for module in target.modules where module.path != "[vdso]" {
      guard let elf = module.file?.elf ?? module.image else { continue }
      let sections = elf.sections
      if sections.isEmpty {
        // Without a section table the first page is what tells the build-id.
        ranges.add(module.start, 4096)
        continue
      }
      ranges.add(module.start, 64 + UInt64(elf.header.programHeaderCount) * 56)
      for section in sections where section.flags & 2 != 0 && section.type != SectionHeader.noBits {
        let name = elf.name(of: section, in: sections)?.text ?? ""
        let isTable = section.type != 1 || [".eh_frame", ".eh_frame_hdr", ".interp"].contains(name)
        // SHT_INIT_ARRAY and its like hold addresses, which stay anyway.
        if isTable { ranges.add(section.address &+ module.bias, section.fileSize) }
      }
    }
    return ranges
  }
}
