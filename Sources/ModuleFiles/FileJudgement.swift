internal import Bytes
internal import ELF

/// Whether a file may be believed to be a module's.
enum FileJudgement: Equatable {
  case accepted(isVerified: Bool)
  case refused(RefusedFile.Reason)
}

extension FileFinder {
  /// Judges a file that lies where a module's code was expected.
  ///
  /// The build-id decides where the target's is known. Without it, the target's first page must hold the same
  /// headers as the file, or, where that page was not dumped, the mappings must fit the file's segments;
  /// where these are not known either, its segments must be mapped, and its dynamic section be the target's.
  func judge(_ elf: ELFFile, for request: ModuleRequest) -> FileJudgement {
    guard elf.header.machine == request.machine,
      elf.header.type == ELFHeader.executable || elf.header.type == ELFHeader.sharedObject
    else { return .refused(.notUsable) }
    let buildID = elf.buildID
    if let wanted = request.buildID {
      if let buildID, buildID.hasSameBytes(as: wanted) { return .accepted(isVerified: true) }
      return .refused(.wrongBuildID(expected: wanted.hexadecimal, found: buildID?.hexadecimal))
    }
    if let start = Self.unchangingStart(of: elf), request.image.count >= start.count {
      let same = request.image.slice(0, start.count)?.hasSameBytes(as: start) == true
      return same ? .accepted(isVerified: false) : .refused(.otherLayout)
    }
    return Self.agrees(elf, request) ? .accepted(isVerified: false) : .refused(.otherLayout)
  }

  private static func agrees(_ elf: ELFFile, _ request: ModuleRequest) -> Bool {
    if !request.mappings.isEmpty { return LayoutAgreement.holds(for: elf, mappings: request.mappings) }
    guard let memory = request.memory else { return false }
    if let launch = request.launch {
      return launch.bias(of: elf).map { LayoutAgreement.holds(for: elf, bias: $0, memory: memory) } ?? false
    }
    return request.bias.map { LayoutAgreement.holds(for: elf, bias: $0, memory: memory) } ?? false
  }

  /// What no program changes of a file's first page: all of it, or, where it is mapped writable, the ELF header and
  /// the program headers. nil where these do not lie in the first page, as linkers lay them.
  private static func unchangingStart(of elf: ELFFile) -> ByteView? {
    let size = UInt64(elf.header.programHeaderSize).multipliedReportingOverflow(
      by: UInt64(elf.header.programHeaderCount))
    let end = elf.header.programHeaderOffset.addingReportingOverflow(size.partialValue)
    guard !size.overflow, !end.overflow, end.partialValue <= 4096,
      let first = elf.segments.first(where: { $0.type == ProgramHeader.load && $0.fileOffset == 0 })
    else { return nil }
    return elf.bytes.slice(0, first.isWritable ? end.partialValue : min(4096, first.fileSize))
  }
}

extension ByteView {
  /// The bytes in lower-case hexadecimal, as build-ids are written; of more than 64 bytes the first 64.
  package var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: array.prefix(64).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
