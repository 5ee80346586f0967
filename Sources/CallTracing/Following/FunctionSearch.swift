internal import Bytes
internal import CLinux
internal import ELF
internal import Processes

/// Finds functions by name in the files that a process has mapped, each file read once.
final class FunctionSearch {
  struct Found {
    /// Names by address in the process.
    var functions: [UInt64: String] = [:]
    /// `_dl_debug_state`, which the dynamic linker calls when it has loaded something (`link.h`, r_brk).
    var linker: UInt64?
  }

  private struct FileKey: Hashable {
    let path: String
    let device: UInt64
    let inode: UInt64
    let modified: Int64
  }

  /// Addresses as the linker stated them.
  private struct FileFunctions {
    var values: [(name: String, value: UInt64)] = []
    var linker: UInt64?
    var base: UInt64 = 0
  }

  private let exact: Set<String>
  private let patterns: [NamePattern]
  private var known: [FileKey: FileFunctions] = [:]
  private static let linkerName = "_dl_debug_state"

  init(_ selection: FunctionSelection) {
    exact = Set(selection.patterns.filter { !$0.contains("*") })
    patterns = selection.patterns.filter { $0.contains("*") }.map { NamePattern($0) }
  }

  /// - Parameter process: one of its threads stands still.
  func search(_ process: Int32) -> Found {
    var found = Found()
    guard let maps = ProcFile.text("/proc/\(process)/maps") else { return found }
    var firsts: [String: UInt64] = [:]
    for entry in ProcessMappings(maps: Array(maps.utf8)).entries
    where entry.inode != 0 && entry.fileOffset == 0 && entry.path.hasPrefix("/") && firsts[entry.path] == nil {
      firsts[entry.path] = entry.start
    }
    for (path, start) in firsts {
      guard let file = functions(of: path, process) else { continue }
      let bias = start &- file.base
      for function in file.values { found.functions[function.value &+ bias] = function.name }
      if let linker = file.linker { found.linker = linker &+ bias }
    }
    return found
  }

  private func functions(of path: String, _ process: Int32) -> FileFunctions? {
    let seen = "/proc/\(process)/root\(path)"
    var status = inquest_file_status()
    guard unsafe inquest_status(seen, &status) == 0 else { return nil }
    let key = FileKey(
      path: path, device: status.device, inode: status.inode, modified: status.modified_nanoseconds)
    if let functions = known[key] { return functions }
    let functions = read(seen)
    known[key] = functions
    return functions
  }

  private func read(_ path: String) -> FileFunctions? {
    let elf: ELFFile
    do {
      elf = try ELFFile(ByteView(try MappedFile(path: path)))
    } catch {
      return nil
    }
    var result = FileFunctions()
    result.base = (elf.segments.first { $0.type == ProgramHeader.load }?.address ?? 0) & ~0xfff
    var seen: Set<UInt64> = []
    for type in [SectionHeader.dynamicSymbols, SectionHeader.symbolTable] {
      guard let table = elf.symbols(type) else { continue }
      for index in 0..<table.count {
        // STT_FUNC alone: an indirect function (STT_GNU_IFUNC) is code that chooses one, once.
        guard let symbol = table.symbol(at: index), symbol.isDefined, symbol.type == 2,
          let name = table.name(of: symbol),
          name.count < 256
        else { continue }
        var text = name.text
        if let at = text.firstIndex(of: "@") { text = String(text[..<at]) }
        if text == Self.linkerName { result.linker = symbol.value }
        guard exact.contains(text) || patterns.contains(where: { $0.matches(text) }),
          seen.insert(symbol.value).inserted
        else { continue }
        result.values.append((text, symbol.value))
      }
    }
    return result
  }
}

/// A name in which `*` stands for any characters.
package struct NamePattern: Sendable {
  private let parts: [[UInt8]]

  package init(_ text: String) {
    parts = text.utf8.split(separator: 0x2a, omittingEmptySubsequences: false).map { Array($0) }
  }

  package func matches(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard let first = parts.first, let last = parts.last else { return false }
    guard parts.count > 1 else { return bytes == first }
    guard bytes.count >= first.count + last.count, bytes.starts(with: first), bytes.suffix(last.count) == last[...]
    else { return false }
    var rest = bytes[first.count..<(bytes.count - last.count)]
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let found = rest.indices.first(where: { rest[$0...].starts(with: part) }) else { return false }
      rest = rest[(found + part.count)...]
    }
    return true
  }
}
