internal import Bytes

/// Finds on this host the source files that debug information names, and reads a few of their lines.
///
/// The names come from the program that died, and are as hostile as that; what is read may be shown to others. So only
/// what has the name of a source text is opened, whatever the debug information says: never `/etc/shadow`.
public final class SourceFinder {
  private let roots: [String]
  private let systemRoots: [String]
  private var files: [String: MappedFile?] = [:]

  /// Files larger than this are not looked into, nor more files than this.
  private static let largest = 64 << 20
  private static let most = 512
  /// A line is cut after this many bytes.
  private static let longestLine = 400

  /// What names of source texts end with, in lower case.
  static let endings: Set<String> = [
    "c", "cc", "cpp", "cxx", "c++", "h", "hh", "hpp", "hxx", "h++", "inc", "inl", "ipp", "tcc", "def", "m", "mm", "s",
    "asm", "rs", "swift", "go", "zig", "nim", "d", "f", "f77", "f90", "f95", "f03", "f08", "for", "adb", "ads", "pas",
    "pp", "ml", "mli", "hs", "java", "kt", "scala", "cs", "js", "ts", "py", "pyx", "pxd", "cu", "cuh", "cl", "y", "l",
    "yy", "ll", "v", "vala", "jl", "rb", "lua", "td", "gperf",
  ]

  /// - Parameters:
  ///   - roots: folders that hold source trees: the end of a name that exists there, the longest first, is taken.
  ///   - systemRoots: folders that stand for the program's `/`.
  public init(roots: [String] = [], systemRoots: [String] = []) {
    self.roots = roots
    self.systemRoots = systemRoots
  }

  /// Some lines of a source text.
  public struct Excerpt: Sendable, Equatable {
    /// The file that was read.
    public let path: String
    /// The number of the first line, counted from 1.
    public let firstLine: UInt64
    public let lines: [String]
  }

  /// The lines around `line` of the file that debug information calls `name`.
  ///
  /// - Parameters:
  ///   - line: counted from 1, as DWARF does.
  ///   - margin: how many lines before and behind it.
  /// - Returns: nil where no such file is found, it is no source text, or it has no such line.
  public func excerpt(of name: String, line: UInt64, margin: UInt64 = 3) -> Excerpt? {
    guard line > 0, let file = file(name) else { return nil }
    let first = line > margin ? line - margin : 1
    let (last, overflow) = line.addingReportingOverflow(margin)
    guard !overflow else { return nil }
    let lines = Self.lines(of: ByteView(file), first, last)
    guard UInt64(lines.count) > line - first else { return nil }
    return Excerpt(path: file.path, firstLine: first, lines: lines)
  }

  private func file(_ name: String) -> MappedFile? {
    if let known = files[name] { return known }
    guard files.count < Self.most else { return nil }
    let found = candidates(name).lazy.compactMap(Self.open).first
    files[name] = .some(found)
    return found
  }

  /// Where the file may be, the best first.
  private func candidates(_ name: String) -> [String] {
    let parts = name.split(separator: "/").filter { $0 != "." }
    guard let last = parts.last, !name.utf8.contains(0), !parts.contains(".."), parts.count <= 64 else { return [] }
    let pieces = last.split(separator: ".", omittingEmptySubsequences: false)
    guard pieces.count > 1, let ending = pieces.last, Self.endings.contains(ending.lowercased()) else { return [] }
    var result: [String] = []
    for root in roots {
      for start in parts.indices { result.append(root + "/" + parts[start...].joined(separator: "/")) }
    }
    guard name.hasPrefix("/") else { return result }
    return result + systemRoots.map { $0 + name } + (systemRoots.isEmpty ? [name] : [])
  }

  private static func open(_ path: String) -> MappedFile? {
    do {
      let file = try MappedFile(path: path)
      return file.count <= largest ? file : nil
    } catch {
      // A file that is not here is what most are: the report says nothing of the source then.
      return nil
    }
  }

  /// The lines from `first` to `last`, as many as there are.
  private static func lines(of text: ByteView, _ first: UInt64, _ last: UInt64) -> [String] {
    unsafe text.withUnsafeBytes { bytes in
      var lines: [String] = []
      var number: UInt64 = 1
      var start = 0
      while start < bytes.count, number <= last {
        let rest = unsafe bytes[start...]
        let end = unsafe rest.firstIndex(of: 0x0a) ?? bytes.count
        if number >= first {
          let shown = unsafe rest[start..<min(end, start + longestLine)]
          unsafe lines.append(String(decoding: shown, as: UTF8.self))
        }
        number += 1
        start = end + 1
      }
      return lines
    }
  }
}
