internal import Bytes
internal import CLinux
internal import ELF
internal import Processes
internal import Targets
internal import Tracing

/// Where a process has the functions of libc that make and join threads, and what libc says of its threads' records.
struct LibrarySymbols {
  /// By address in the process.
  var functions: [UInt64: LibraryFunction] = [:]
  /// Where in a thread's record its start routine stands, and how large the record is (glibc's `_thread_db_` constants,
  /// nptl_db/structs.def); nil where libc does not tell.
  var startRoutineOffset: UInt64?
  var recordSize: UInt64?
  /// Where the libraries lie; empty where libc is part of the executable.
  var libraries: [Range<UInt64>] = []

  /// Whether code of libc itself lies at an address.
  func isLibrary(_ address: UInt64) -> Bool { libraries.contains { $0.contains(address) } }
}

/// Looks for them, once in each file.
final class LibrarySymbolSearch {
  private struct FileKey: Hashable {
    let path: String
    let device: UInt64
    let inode: UInt64
    let size: UInt64
    let modified: Int64
  }

  /// By name, as the linker stated them; and the address of the first segment.
  private struct FileSymbols {
    var values: [String: UInt64] = [:]
    var base: UInt64 = 0
  }

  private var known: [FileKey: FileSymbols] = [:]
  private static let startRoutine = "_thread_db_pthread_start_routine"
  private static let recordSize = "_thread_db_sizeof_pthread"
  private static let wanted = Set(LibraryFunction.allCases.map(\.rawValue) + [startRoutine, recordSize])
  private static let libraries = ["libc.so", "libc-2.", "libpthread", "ld-musl", "libc.musl"]

  /// - Parameter process: stopped, or at least not unmapping anything.
  func symbols(of process: Int32) -> LibrarySymbols {
    var result = LibrarySymbols()
    guard let maps = ProcFile.text("/proc/\(process)/maps") else { return result }
    let mappings = ProcessMappings(maps: Array(maps.utf8))
    var firsts: [String: UInt64] = [:]
    for entry in mappings.entries where entry.inode != 0 && entry.fileOffset == 0 && firsts[entry.path] == nil {
      firsts[entry.path] = entry.start
    }
    let named = firsts.keys.filter { path in
      let name = path.split(separator: "/").last ?? ""
      return Self.libraries.contains { name.hasPrefix($0) }
    }
    let executable = ProcFile.link("/proc/\(process)/exe")
    for path in named.isEmpty ? [executable].compactMap(\.self) : named {
      guard let start = firsts[path], let file = symbols(of: path, process) else { continue }
      let bias = start &- file.base
      if !named.isEmpty, let end = mappings.entries.last(where: { $0.path == path })?.end, end > start {
        result.libraries.append(start..<end)
      }
      for (name, value) in file.values {
        if let function = LibraryFunction(rawValue: name) { result.functions[value &+ bias] = function }
      }
      // Each constant: the size in bits, the number, the offset; a size alone is one number.
      if let value = file.values[Self.startRoutine] {
        let bytes = ProcessWords.bytes(at: value &+ bias, 12, of: process)
        if bytes.count == 12 { result.startRoutineOffset = Self.number(bytes, 8) }
      }
      if let value = file.values[Self.recordSize] {
        let bytes = ProcessWords.bytes(at: value &+ bias, 4, of: process)
        if bytes.count == 4 { result.recordSize = Self.number(bytes, 0) }
      }
    }
    return result
  }

  private static func number(_ bytes: [UInt8], _ at: Int) -> UInt64? {
    let value = bytes[at..<(at + 4)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return value < 1 << 16 ? value : nil
  }

  private func symbols(of path: String, _ process: Int32) -> FileSymbols? {
    let seen = "/proc/\(process)/root\(path)"
    var status = inquest_file_status()
    guard unsafe inquest_status(seen, &status) == 0 else { return nil }
    let key = FileKey(
      path: path, device: status.device, inode: status.inode, size: status.size, modified: status.modified_nanoseconds)
    if let symbols = known[key] { return symbols }
    let symbols = Self.read(seen)
    if let symbols { known[key] = symbols }
    return symbols
  }

  private static func read(_ path: String) -> FileSymbols? {
    let elf: ELFFile
    do {
      elf = try ELFFile(ByteView(try MappedFile(path: path)))
    } catch {
      return nil
    }
    var result = FileSymbols()
    result.base = (elf.segments.first { $0.type == ProgramHeader.load }?.address ?? 0) & ~0xfff
    for type in [SectionHeader.dynamicSymbols, SectionHeader.symbolTable] {
      guard let table = elf.symbols(type) else { continue }
      for index in 0..<table.count {
        guard let symbol = table.symbol(at: index), symbol.isDefined, symbol.type <= 2,
          let name = table.name(of: symbol),
          // pthread_, thrd_, _thread_db_: the others' names are not made into text.
          let first = name.load(UInt32.self, at: 0), Self.beginnings.contains(first)
        else { continue }
        let text = name.text
        if Self.wanted.contains(text), result.values[text] == nil { result.values[text] = symbol.value }
      }
      if result.values[LibraryFunction.create.rawValue] != nil { break }
    }
    return result
  }

  /// "pthr", "thrd", "_thr", little-endian.
  private static let beginnings: Set<UInt32> = [0x7268_7470, 0x6472_6874, 0x7268_745f]
}
