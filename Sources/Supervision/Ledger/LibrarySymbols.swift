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
  /// Where in it the bits stand that tell how the thread ends: glibc's `cancelhandling`.
  var endingOffset: UInt64?
  /// Where in it its thread's id stands, which a join that succeeds sets to -1: glibc's `tid`.
  var idOffset: UInt64?
  /// Functions that stand before libc's own, by their addresses: the path of whose they are.
  var interposers: [UInt64: String] = [:]
  /// Whether libc's own functions were found: what it does not have then is not there to be called.
  var isComplete: Bool { functions.values.contains(.create) }
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
  private static let ending = "_thread_db_pthread_cancelhandling"
  private static let id = "_thread_db_pthread_tid"
  private static let wanted = LibraryFunction.allCases.map(\.rawValue) + [startRoutine, recordSize, ending, id]
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
    let libraries = named.isEmpty ? [executable].compactMap(\.self) : named
    for path in libraries {
      guard let start = firsts[path], let file = symbols(of: path, process) else { continue }
      let bias = start &- file.base
      for (name, value) in file.values {
        if let function = LibraryFunction(rawValue: name) { result.functions[value &+ bias] = function }
      }
      // Each constant: the size in bits, the number, the offset; a size alone is one number.
      let offsets: [(name: String, place: WritableKeyPath<LibrarySymbols, UInt64?>)] = [
        (Self.startRoutine, \.startRoutineOffset), (Self.ending, \.endingOffset), (Self.id, \.idOffset),
      ]
      for (name, place) in offsets {
        guard let value = file.values[name] else { continue }
        let bytes = ProcessWords.bytes(at: value &+ bias, 12, of: process)
        if bytes.count == 12 { result[keyPath: place] = Self.number(bytes, 8) }
      }
      if let value = file.values[Self.recordSize] {
        let bytes = ProcessWords.bytes(at: value &+ bias, 4, of: process)
        if bytes.count == 4 { result.recordSize = Self.number(bytes, 0) }
      }
    }
    // A library that was put before libc may answer in its place.
    let others = mappings.entries.filter {
      $0.inode != 0 && $0.permissions.contains(.execute) && !libraries.contains($0.path)
    }.map(\.path)
    for path in Set(others) {
      guard let start = firsts[path], let file = symbols(of: path, process, isLibrary: false) else { continue }
      for (name, value) in file.values {
        guard let function = LibraryFunction(rawValue: name), function.kind != nil else { continue }
        let address = value &+ start &- file.base
        guard result.functions[address] == nil else { continue }
        result.functions[address] = function
        result.interposers[address] = path
      }
    }
    return result
  }

  private static func number(_ bytes: [UInt8], _ at: Int) -> UInt64? {
    let value = bytes[at..<(at + 4)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return value < 1 << 16 ? value : nil
  }

  private func symbols(of path: String, _ process: Int32, isLibrary: Bool = true) -> FileSymbols? {
    let seen = "/proc/\(process)/root\(path)"
    var status = inquest_file_status()
    guard unsafe inquest_status(seen, &status) == 0 else { return nil }
    let key = FileKey(
      path: path, device: status.device, inode: status.inode, size: status.size, modified: status.modified_nanoseconds)
    if let symbols = known[key] { return symbols }
    let symbols = Self.read(seen, isLibrary: isLibrary)
    if let symbols { known[key] = symbols }
    return symbols
  }

  private static func read(_ path: String, isLibrary: Bool) -> FileSymbols? {
    let elf: ELFFile
    do {
      elf = try ELFFile(ByteView(try MappedFile(path: path)))
    } catch {
      return nil
    }
    var result = FileSymbols()
    result.base = (elf.segments.first { $0.type == ProgramHeader.load }?.address ?? 0) & ~0xfff
    for (name, symbol) in elf.dynamicSymbols(named: wanted) where symbol.type <= 2 {
      result.values[name] = symbol.value
    }
    // A program without a dynamic linker has libc's functions among its own.
    if isLibrary, result.values[LibraryFunction.create.rawValue] == nil,
      let table = elf.symbols(SectionHeader.symbolTable)
    {
      readAll(table, into: &result)
    }
    return result
  }

  private static func readAll(_ table: SymbolTable, into result: inout FileSymbols) {
    let wanted = Set(wanted)
    for index in 0..<table.count {
      guard let symbol = table.symbol(at: index), symbol.isDefined, symbol.type <= 2,
        // pthread_, thrd_, _thread_db_: the others' names are not made into text.
        let first = table.strings.load(UInt32.self, at: Int(symbol.nameOffset)), beginnings.contains(first),
        let text = table.name(of: symbol)?.text
      else { continue }
      if wanted.contains(text), result.values[text] == nil { result.values[text] = symbol.value }
    }
  }

  /// "pthr", "thrd", "_thr", little-endian.
  private static let beginnings: Set<UInt32> = [0x7268_7470, 0x6472_6874, 0x7268_745f]
}
