package import Bytes
internal import ELF
package import ModuleFiles
internal import Reporting
package import Targets

/// A core that was packed with what its report rests on.
package struct Bundle: Sendable {
  /// What it says of itself.
  package let manifest: BundleManifest
  /// The trimmed core.
  package let core: ByteView
  /// The program's files, by the paths at which they were found.
  let files: RecordedFiles

  static let coreName = "core"
  static let manifestName = "manifest.json"
  static let reportName = "report.json"
  static let filesFolder = "files/"

  /// How large what a compressed file holds may become: a bundle's archive is at most a thousand times as large as the
  /// bundle, or 4 GiB; anything else is a core.
  package static func sizeLimit(packedSize: Int, start: ByteView) -> Int {
    guard TarArchive.begins(start) else { return 16 << 40 }
    return min(64 << 30, max(4 << 30, packedSize.multipliedReportingOverflow(by: 1000).partialValue))
  }

  /// Whether `bytes`, unpacked, are an archive, not a core.
  package static func begins(_ bytes: ByteView) -> Bool { TarArchive.begins(bytes) }

  /// - Parameter bytes: the archive, unpacked.
  /// - Throws: ``BundleError``.
  package init(_ bytes: ByteView) throws(BundleError) {
    let archive: TarArchive
    do throws(ArchiveError) {
      archive = try TarArchive(bytes)
    } catch {
      throw .archive(error)
    }
    guard let text = archive.members[Self.manifestName] else { throw .missing(member: Self.manifestName) }
    let manifest: BundleManifest
    do {
      manifest = try ReportDecoder.decode(BundleManifest.self, from: text)
    } catch {
      throw .damagedManifest
    }
    guard manifest.format == BundleManifest.formatName else { throw .damagedManifest }
    guard manifest.version == BundleManifest.currentVersion else { throw .otherVersion(manifest.version) }
    guard let core = archive.members[Self.coreName] else { throw .missing(member: Self.coreName) }
    self.manifest = manifest
    self.core = core
    files = Self.files(manifest, archive)
  }

  /// What was found where it was packed. What is not as the manifest says it is left out.
  private static func files(_ manifest: BundleManifest, _ archive: TarArchive) -> RecordedFiles {
    var record = RecordedFiles()
    for file in manifest.files {
      guard let bytes = archive.members[file.member], let absent = absent(file.absent, in: bytes.count) else {
        continue
      }
      do throws(ELFError) {
        record.files[file.path] = try ELFFile(bytes, absent: absent)
      } catch {
        record.failures[file.path] = .notUsable
      }
    }
    for failure in manifest.failures {
      record.failures[failure.path] = failure.errno.map { .unreadable($0) } ?? .notUsable
    }
    for link in manifest.links { record.links[link.root + "\0" + link.path] = link.leadsTo }
    return record
  }

  /// Ranges of pairs of offset and length, in order; nil where they are not.
  private static func absent(_ numbers: [UInt64], in size: Int) -> [Range<Int>]? {
    var ranges: [Range<Int>] = []
    for index in stride(from: 0, to: numbers.count - 1, by: 2) {
      guard let start = Int(exactly: numbers[index]), let count = Int(exactly: numbers[index + 1]), count > 0,
        start >= ranges.last?.upperBound ?? 0, start <= size, count <= size - start
      else { return nil }
      ranges.append(start..<(start + count))
    }
    return ranges
  }

  /// Finds the program's files: those in the bundle, where they were found. This host's are looked at only where the
  /// bundle has none, or the user names places.
  package func finder(_ paths: SearchPaths) -> FileFinder {
    let isAsked = paths.executable != nil || !paths.systemRoots.isEmpty || !paths.debugDirectories.isEmpty
    let packed = manifest.search
    var merged = SearchPaths(
      executable: paths.executable ?? packed.executable, systemRoots: paths.systemRoots + packed.systemRoots,
      debugDirectories: paths.debugDirectories + packed.debugDirectories)
    guard isAsked || !manifest.hasFiles else {
      return FileFinder(merged, workingFolders: packed.workingFolders, replaying: files, looksAtHost: false)
    }
    if !isAsked { merged = paths }
    return FileFinder(merged, workingFolders: packed.workingFolders + ["."], replaying: files, looksAtHost: true)
  }

  /// The target that the bundle's core is.
  package func target(_ paths: SearchPaths = SearchPaths()) throws(CoreError) -> CoreTarget {
    try CoreTarget(core, finder: finder(paths))
  }
}

/// Why a bundle cannot be examined.
package enum BundleError: Error, Equatable {
  case archive(ArchiveError)
  /// A member that every bundle has is not there.
  case missing(member: String)
  /// The manifest is no JSON, or not of the kind that it should be.
  case damagedManifest
  /// It is of a version that this program does not know.
  case otherVersion(Int)
}

extension BundleError: CustomStringConvertible {
  /// One clause for people, without the file's name.
  package var description: String {
    switch self {
    case .archive(.truncated): "it is an archive that was cut"
    case .archive(.damaged(let offset)): "it is an archive, damaged \(offset) bytes from its start"
    case .archive(.forbiddenKind(let name, _)): "it is an archive with a member that is no plain file: \(name)"
    case .archive(.forbiddenName(let name)): "it is an archive with a member that would lie outside of it: \(name)"
    case .archive(.duplicate(let name)): "it is an archive with two members of one name: \(name)"
    case .archive(.tooManyMembers): "it is an archive with more members than a bundle has"
    case .missing(let member): "it is an archive, and no bundle of `inquest pack`: it has no \(member)"
    case .damagedManifest: "it is a bundle whose manifest makes no sense"
    case .otherVersion(let version): "it is a bundle of version \(version), which this program does not know"
    }
  }
}
