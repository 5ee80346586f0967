internal import Bytes
internal import ELF
internal import Machine
internal import ModuleFiles

/// What is known of a module before its file was looked for.
struct ModuleDraft {
  /// The path as the target names it; nil where nothing does.
  var path: String?
  var start: UInt64
  var end: UInt64
  /// nil where neither memory nor the link map tells.
  var bias: UInt64?
  var image: ELFFile?
  /// The parts of the file that were mapped (NT_FILE).
  var mappings: [FileMapping]
  /// Whether one of them may be executed.
  var hasCode: Bool
  var isExecutable = false

  func contains(_ address: UInt64) -> Bool { address >= start && address < end }

  /// The build-id in the target's memory: its notes are read where their segment lies, not where the file has
  /// them.
  func buildID(_ memory: some TargetMemory) -> ByteView? {
    guard let image, let bias else { return nil }
    for segment in image.segments.prefix(Self.maximumSegments) where segment.type == ProgramHeader.note {
      let size = Int(clamping: min(segment.fileSize, Self.maximumNotes))
      let bytes = memory.readPrefix(bias &+ segment.address, size)
      for note in Notes(bytes, alignment: segment.alignment)
      where note.type == Note.gnuBuildID && note.name.equals("GNU") && !note.isTruncated && !note.contents.isEmpty {
        return note.contents
      }
    }
    return nil
  }

  private static let maximumSegments = 64
  private static let maximumNotes: UInt64 = 65_536
}
