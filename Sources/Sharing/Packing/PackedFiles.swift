internal import Bytes
internal import ELF
internal import ModuleFiles
internal import Targets

/// The program's files that a report was made with, and what is kept of each.
struct PackedFiles {
  struct File {
    let entry: BundleManifest.PackedFile
    let elf: ELFFile
    let kept: ByteRanges
  }

  private(set) var all: [File] = []
  private(set) var failures: [BundleManifest.PackedFailure] = []
  private(set) var links: [BundleManifest.PackedLink] = []

  /// In bytes.
  var keptBytes: UInt64 { all.reduce(0) { $0 &+ $1.kept.total } }

  init(_ target: CoreTarget, _ options: PackOptions) {
    guard options.withFiles else { return }
    let record = target.finder.recorded
    let modules = Set(target.modules.compactMap { $0.file?.path })
    var members: Set<String> = []
    for (path, elf) in record.files.sorted(by: { $0.key < $1.key }) {
      let touched = TouchedBytes.ranges(of: elf.bytes)
      var kept = TrimmedFile(elf, touched: touched, isModule: modules.contains(path), isRedacted: options.isRedacted)
        .kept
      let size = UInt64(elf.bytes.count)
      if !elf.absent.isEmpty {
        var absent = ByteRanges()
        elf.absent.forEach { absent.add(UInt64($0.lowerBound)..<UInt64($0.upperBound)) }
        kept = kept.clipped(to: absent.complement(in: size).all)
      }
      let absent = kept.complement(in: size).all.flatMap { [$0.lowerBound, $0.upperBound - $0.lowerBound] }
      all.append(
        File(
          entry: .init(
            path: path, member: Self.member(path, &members), buildID: elf.buildID?.hexadecimal, size: size,
            absent: absent), elf: elf, kept: kept))
    }
    for (path, reason) in record.failures.sorted(by: { $0.key < $1.key }) {
      var number: Int32?
      if case .unreadable(let errno) = reason { number = errno }
      failures.append(.init(path: path, errno: number))
    }
    for (way, end) in record.links.sorted(by: { $0.key < $1.key }) {
      let parts = way.split(separator: "\0", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      links.append(.init(root: String(parts[0]), path: String(parts[1]), leadsTo: end))
    }
  }

  /// The name of a file's member: its path below the folder of files, so that the archive can be unpacked to a folder
  /// that debuggers take as root.
  private static func member(_ path: String, _ members: inout Set<String>) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." }.map { $0 == ".." ? "_" : String($0) }
    let plain = Bundle.filesFolder + parts.joined(separator: "/")
    var name = plain
    var number = 1
    while !members.insert(name).inserted {
      number += 1
      name = "\(plain).\(number)"
    }
    return name
  }
}
