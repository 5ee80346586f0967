internal import Bytes
internal import CLinux
internal import Compression
package import Diagnosis
internal import ELF
internal import Machine
internal import ModuleFiles
internal import Reporting
package import Targets

/// Packs a core: makes its report, keeps what that was made from, and makes the report again from what was kept.
package struct Packer {
  private let target: CoreTarget
  private let name: String
  private let options: PackOptions
  private let files: (@Sendable (_ path: String) -> FileExistence)?
  private let answers = PathAnswers()

  /// Is told what is being done.
  package typealias Progress = (_ what: StaticString, _ done: Int, _ of: Int) -> Void
  private let progress: Progress

  /// How much is kept around what was read, where the first attempt does not give the same report.
  private static let margins: [UInt64] = [0, 65_536, 4 << 20]
  /// Of zstd.
  private static let level: Int32 = 3

  /// - Parameters:
  ///   - target: read for this alone: what was read before counts as what the report needs.
  ///   - name: of the core's file.
  ///   - files: tells what a path of the target's is on the host; nil where nobody can tell.
  package init(
    _ target: CoreTarget, name: String, options: PackOptions,
    files: (@Sendable (_ path: String) -> FileExistence)? = nil, progress: @escaping Progress = { _, _, _ in }
  ) {
    // The texts of a redacted core are nobody's business, nor is which of them are files.
    self.files = options.isRedacted ? nil : files
    self.target = target
    self.name = name
    self.options = options
    self.progress = progress
  }

  /// Writes the bundle to `path`.
  package func pack(to path: String) throws(PackError) -> PackSummary {
    progress("making the report", 0, 1)
    let original = CoreReport(target, files: files.map(answers.noting), looksFurther: true)
    let wanted = try Self.json { try original.comparable() }
    let touched = TouchedBytes.ranges(of: target.bytes)
    let files = PackedFiles(target, options)
    var last: Attempt?
    for margin in touched == nil ? [0] : Self.margins {
      let kept = KeptMemory(target, touched: touched, margin: margin)
      let attempt = try attempt(kept, files, original.report, wanted)
      last = attempt
      if attempt.manifest.isVerified || kept.isCut || options.isRedacted { break }
    }
    guard let last else { throw .report }
    progress("compressing", 0, 1)
    let size = try write(last.archive, to: path)
    return PackSummary(
      path: path, size: size, dumpedBytes: last.manifest.core.dumpedBytes, keptBytes: last.manifest.core.keptBytes,
      fileCount: last.manifest.files.count, fileBytes: files.keptBytes, isRedacted: options.isRedacted,
      isVerified: last.manifest.isVerified, signature: last.signature)
  }

  /// A bundle as it would be written.
  private struct Attempt {
    var manifest: BundleManifest
    let archive: ByteView
    let signature: String?
  }

  /// Makes a bundle of what is kept, and the report from it.
  private func attempt(
    _ kept: KeptMemory, _ files: PackedFiles, _ original: Report, _ wanted: [UInt8]
  ) throws(PackError) -> Attempt {
    progress("keeping what the report was made from", 0, 1)
    var manifest = manifest(kept, files, original)
    // The first time without a report: it comes from the bundle itself.
    let draft = try archive(manifest, kept, files, report: nil)
    let bundle: Bundle
    let again: CoreReport
    do throws(BundleError) {
      bundle = try Bundle(draft)
    } catch {
      throw .bundle(error)
    }
    progress("making the report again from what was kept", 0, 1)
    do throws(CoreError) {
      again = CoreReport(try bundle.target(), files: bundle.manifest.pathQuestion, looksFurther: false)
    } catch {
      throw .core(error)
    }
    manifest.isVerified = try Self.isSame(again, wanted, original, isRedacted: options.isRedacted)
    let report = try Self.json { try again.json() }
    return Attempt(
      manifest: manifest, archive: try archive(manifest, kept, files, report: report),
      signature: again.report.signature?.text)
  }

  /// Whether the report is the same; of a redacted one whether the verdict and the crash's places are.
  private static func isSame(
    _ again: CoreReport, _ wanted: [UInt8], _ original: Report, isRedacted: Bool
  ) throws(PackError) -> Bool {
    guard isRedacted else { return try json { try again.comparable() } == wanted }
    return again.report.findings.map(\.hazard) == original.findings.map(\.hazard)
      && again.report.findings.map(\.certainty) == original.findings.map(\.certainty)
      && again.report.signature?.hash == original.signature?.hash
  }

  private static func json(_ body: () throws -> [UInt8]) throws(PackError) -> [UInt8] {
    do { return try body() } catch { throw .report }
  }

  private func manifest(_ kept: KeptMemory, _ files: PackedFiles, _ original: Report) -> BundleManifest {
    let search = target.finder.paths
    return BundleManifest(
      tool: "inquest \(Product.version)",
      core: .init(
        name: name, size: UInt64(target.bytes.count), architecture: target.architecture.rawValue,
        dumpedBytes: target.segments.reduce(0) { $0 &+ $1.dumpedSize }, keptBytes: kept.ranges.total,
        isCut: kept.isCut),
      search: .init(
        executable: search.executable, systemRoots: search.systemRoots, debugDirectories: search.debugDirectories,
        workingFolders: target.finder.workingFolders),
      files: files.all.map(\.entry), failures: files.failures, links: files.links,
      paths: self.files == nil ? nil : answers.noted, hasFiles: options.withFiles,
      isVerified: false, isRedacted: options.isRedacted,
      shortfalls: original.shortfalls.map { .init(what: $0.what, cost: $0.cost, isHeadline: $0.isHeadline) })
  }

  private func archive(
    _ manifest: BundleManifest, _ kept: KeptMemory, _ files: PackedFiles, report: [UInt8]?
  ) throws(PackError) -> ByteView {
    var text: [UInt8] = []
    let output = ByteOutput { text += $0 }
    do { try ReportEncoder.encode(manifest, to: output) } catch { throw .report }
    output.flush()
    do throws(FileError) {
      var tar = try TarWriter()
      try tar.add(Bundle.manifestName, text)
      if let report { try tar.add(Bundle.reportName, report) }
      try addCore(to: &tar, kept)
      for file in files.all {
        let start = try tar.begin(file.entry.member, size: file.entry.size)
        for range in file.kept.all {
          try tar.write(
            file.elf.bytes.prefix(from: range.lowerBound, atMost: range.upperBound - range.lowerBound),
            at: start + range.lowerBound)
        }
      }
      return try tar.finish()
    } catch {
      throw .file(error)
    }
  }

  private func addCore(to tar: inout TarWriter, _ kept: KeptMemory) throws(FileError) {
    let redaction = options.isRedacted ? Redaction(target) : nil
    let core = TrimmedCore(
      target, machine: target.bytes.load(UInt16.self, at: 18) ?? 0, kept: kept.ranges, notes: notes(redaction))
    let start = try tar.begin(Bundle.coreName, size: core.size)
    try tar.write(core.head, at: start)
    var segments = target.segments[...]
    for run in core.runs {
      while let first = segments.first, first.end <= run.address { segments.removeFirst() }
      var position = run.address
      let end = run.address + run.count
      for segment in segments where segment.start < end && position < end {
        guard position >= segment.start, position < segment.start + segment.dumpedSize else { continue }
        let count = min(end, segment.start + segment.dumpedSize) - position
        let bytes = target.bytes.prefix(from: segment.fileOffset + (position - segment.start), atMost: count)
        let place = start + run.fileOffset + (position - run.address)
        if let redaction {
          try redaction.write(bytes, from: position) { piece, offset throws(FileError) in
            try tar.write(piece, at: place + offset)
          }
        } else {
          try tar.write(bytes, at: place)
        }
        position += count
      }
    }
  }

  /// The core's own notes, and what the core was before it was trimmed.
  private func notes(_ redaction: Redaction?) -> [(contents: [UInt8], alignment: UInt64)] {
    var result: [(contents: [UInt8], alignment: UInt64)] = []
    do throws(ELFError) {
      let elf = try ELFFile(target.bytes)
      for segment in elf.segments where segment.type == ProgramHeader.note && result.count < 64 {
        let contents = elf.contents(of: segment).array
        result.append(
          (redaction?.notes(contents, alignment: segment.alignment) ?? contents, max(4, segment.alignment)))
      }
    } catch {
      // The target was read from these very bytes.
      return result
    }
    let original = TrimNote.contents(target.originalSegments)
    let name = TrimNote.owner.description.utf8 + [0]
    var note: [UInt8] = []
    for value in [UInt32(name.count), UInt32(clamping: original.count), TrimNote.type] {
      for shift in 0..<4 { note.append(UInt8(truncatingIfNeeded: value >> UInt32(8 * shift))) }
    }
    note += name
    while note.count % 4 != 0 { note.append(0) }
    result.append((note + original, 4))
    return result
  }

  /// Compresses the archive to a file.
  private func write(_ archive: ByteView, to path: String) throws(PackError) -> UInt64 {
    let descriptor = unsafe inquest_create_file(path)
    guard descriptor >= 0 else { throw .file(FileError(path: path, errno: Int32(-descriptor))) }
    defer { inquest_close(Int32(descriptor)) }
    var size: UInt64 = 0
    do {
      let encoder = try ZstdEncoder(level: Self.level)
      func put(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        let result = unsafe inquest_write(Int32(descriptor), bytes.baseAddress, UInt64(bytes.count))
        guard result == 0 else { throw FileError(path: path, errno: Int32(-result)) }
        size += UInt64(bytes.count)
      }
      var offset = 0
      while offset < archive.count {
        let piece = archive.prefix(from: UInt64(offset), atMost: 8 << 20)
        try unsafe encoder.append(piece, to: put)
        offset += piece.count
        progress("compressing MiB", offset >> 20, archive.count >> 20)
      }
      try unsafe encoder.finish(to: put)
    } catch {
      _ = unsafe inquest_remove_file(path)
      if let error = error as? FileError { throw .file(error) }
      throw .compression
    }
    return size
  }
}
