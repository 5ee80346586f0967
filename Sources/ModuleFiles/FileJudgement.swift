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
  /// headers as the file, or, where that page was not dumped, the mappings must fit the file's segments.
  func judge(_ elf: ELFFile, for request: ModuleRequest) -> FileJudgement {
    guard elf.header.machine == request.machine,
      elf.header.type == ELFHeader.executable || elf.header.type == ELFHeader.sharedObject
    else { return .refused(.notUsable) }
    let buildID = elf.buildID
    if let wanted = request.buildID {
      if let buildID, buildID.hasSameBytes(as: wanted) { return .accepted(isVerified: true) }
      return .refused(.wrongBuildID(expected: wanted.hexadecimal, found: buildID?.hexadecimal))
    }
    if let headers = Self.headers(of: elf), request.image.count >= headers.count {
      let same = request.image.slice(0, headers.count)?.hasSameBytes(as: headers) == true
      return same ? .accepted(isVerified: false) : .refused(.otherLayout)
    }
    guard LayoutAgreement.holds(for: elf, mappings: request.mappings) else { return .refused(.otherLayout) }
    return .accepted(isVerified: false)
  }

  /// The ELF header and the program headers, where these follow it as linkers lay them.
  private static func headers(of elf: ELFFile) -> ByteView? {
    let size = UInt64(elf.header.programHeaderSize).multipliedReportingOverflow(
      by: UInt64(elf.header.programHeaderCount))
    let end = elf.header.programHeaderOffset.addingReportingOverflow(size.partialValue)
    guard !size.overflow, !end.overflow, end.partialValue <= 4096 else { return nil }
    return elf.bytes.slice(0, end.partialValue)
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
