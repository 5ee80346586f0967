internal import Bytes

/// The line program of a unit, and the paths of its files.
final class UnitLines {
  private let unit: Unit
  private let alternate: DebugFile?
  private let header: LineHeader?
  /// Why the header could not be read.
  let problem: DebugInfoError?
  private var paths: [UInt64: String?] = [:]

  init(_ unit: Unit, alternate: DebugFile?) {
    self.unit = unit
    self.alternate = alternate
    var header: LineHeader?
    var problem: DebugInfoError?
    if let offset = unit.lineProgram {
      do throws(DebugInfoError) {
        header = try LineHeader(unit.file.sections.line, at: offset, addressSize: unit.encoding.addressSize)
        try unit.file.budget.spend((header?.files.count ?? 0) * 4)
      } catch {
        problem = error
      }
    }
    (self.header, self.problem) = (header, problem)
  }

  /// The row of each of `addresses`: the linker's, sorted and distinct.
  func rows(for addresses: [UInt64]) -> (rows: [LineRow?], problem: DebugInfoError?) {
    guard let header else { return (Array(repeating: nil, count: addresses.count), nil) }
    return LineProgram(header, unit.file.sections.line, unit.file.budget).rows(for: addresses)
  }

  /// The path of a file by its index, behind its directories as far as it is relative; nil where there is none.
  func path(_ index: UInt64) -> String? {
    if let known = paths[index] { return known }
    let path = makePath(index)
    paths[index] = path
    return path
  }

  /// A longer path is none: twice Linux's PATH_MAX.
  private static let longestPath = 8192

  private func makePath(_ index: UInt64) -> String? {
    guard let header, let index = Int(exactly: index), index < header.files.count,
      index > 0 || header.encoding.version >= 5
    else { return nil }
    let file = header.files[index]
    guard let name = text(file.name), !name.isEmpty else { return nil }
    var path = name.text
    if !path.hasPrefix("/"), let directory = directory(file.directory), !directory.isEmpty {
      path = directory.hasSuffix("/") ? directory + path : directory + "/" + path
    }
    return path.utf8.count <= Self.longestPath ? path : nil
  }

  /// The name of directory `index`, behind the compilation directory where it is relative.
  private func directory(_ index: UInt64) -> String? {
    guard let header else { return nil }
    let compilation = unit.compilationDirectory.flatMap { unit.text($0, alternate: alternate) }?.text
    guard let index = Int(exactly: index), index < header.directories.count,
      let name = text(header.directories[index])?.text, !name.isEmpty
    else { return compilation }
    guard !name.hasPrefix("/") else { return name }
    // From version 5 on directory 0 is the compilation directory itself.
    let base = header.encoding.version >= 5 && index > 0 ? directory(0) : compilation
    guard let base, !base.isEmpty else { return name }
    return base.hasSuffix("/") ? base + name : base + "/" + name
  }

  /// A string of the line header, whose own strings lie in `.debug_line`.
  private func text(_ value: AttributeValue) -> ByteView? {
    if case .text(let range) = value { return unit.file.sections.line.slice(range.lowerBound, range.count) }
    return unit.text(value, alternate: alternate)
  }
}
