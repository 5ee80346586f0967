import Bytes
import ELF
import Foundation
import Machine
import TestSupport
import Unwinding

/// As much of a core file as the tests of the unwinder need: memory, modules, registers.
final class CoreFile: TargetMemory {
  let architecture: Architecture
  /// The registers of each thread, the one that crashed first.
  let threads: [RegisterSet]
  let modules: [UnwindModule]
  private let windows: [MemoryWindow]
  private let files: [(bias: UInt64, file: ELFFile)]

  /// - Parameter program: the program, where the core does not name its files and it lies where it was linked.
  init(_ path: String, program: String? = nil) throws {
    let core = try ELFFile(ByteView(MappedFile(path: path)))
    architecture = core.header.machine == ELFHeader.machineX86_64 ? .x86_64 : .aarch64
    let notes = core.notes
    threads = notes.filter { $0.type == 1 && $0.name.equals("CORE") }.map {
      Self.registers($0.contents, core.header.machine)
    }
    var windows = core.segments.filter { $0.type == ProgramHeader.load && $0.fileSize > 0 }.map {
      MemoryWindow(start: $0.address, bytes: core.contents(of: $0))
    }
    var modules: [UnwindModule] = []
    var files: [(bias: UInt64, file: ELFFile)] = []
    var mapped = Self.files(notes)
    if let program {
      mapped.append((Self.firstPage(try ELFFile(ByteView(MappedFile(path: program)))), program))
    }
    for (start, path) in mapped {
      guard FileManager.default.isReadableFile(atPath: path),
        let file = try? ELFFile(ByteView(MappedFile(path: path)))
      else { continue }
      modules.append(Self.module(file, at: start))
      files.append((start &- Self.firstPage(file), file))
      for segment in file.segments where segment.type == ProgramHeader.load && !segment.isWritable {
        let address = segment.address &+ start &- Self.firstPage(file)
        windows.append(MemoryWindow(start: address, bytes: file.contents(of: segment)))
      }
    }
    self.windows = windows
    self.files = files
    if let vdso = Self.vdso(notes), let window = windows.first(where: { $0.contains(vdso) }),
      let image = try? ELFFile(window.bytes)
    {
      modules.append(Self.module(image, at: vdso))
    }
    self.modules = modules
  }

  func window(containing address: UInt64) -> MemoryWindow? { windows.first { $0.contains(address) } }

  /// The name of the function of a file's symbol table that contains `address`.
  func name(of address: UInt64) -> String? {
    for (bias, file) in files {
      for table in [file.symbols(SectionHeader.symbolTable), file.symbols(SectionHeader.dynamicSymbols)] {
        guard let table else { continue }
        for index in 0..<table.count {
          guard let symbol = table.symbol(at: index), symbol.type == 2, symbol.value != 0 else { continue }
          let start = symbol.value &+ bias
          if address >= start && address < start &+ max(symbol.size, 1) { return table.name(of: symbol)?.text }
        }
      }
    }
    return nil
  }

  /// The names of the functions of a walk's frames, "?" where no symbol is known.
  func names(_ walk: StackWalk) -> [String] {
    walk.frames.map { $0.isSignalTrampoline ? "<signal>" : name(of: $0.lookupAddress) ?? "?" }
  }

  /// An unwinder for this core.
  var unwinder: Unwinder { Unwinder(architecture: architecture, modules: modules, memory: self) }

  private static func registers(_ status: ByteView, _ machine: UInt16) -> RegisterSet {
    var set = RegisterSet()
    let order =
      machine == ELFHeader.machineX86_64
      ? [15, 14, 13, 12, 6, 3, 11, 10, 9, 8, 0, 2, 1, 4, 5, -1, 16, -1, -1, 7] : Array(0...32)
    for (index, register) in order.enumerated() where register >= 0 {
      set[register] = status.load(UInt64.self, at: 112 + 8 * index)
    }
    return set
  }

  /// The first address and the path of each file that was mapped.
  private static func files(_ notes: [Note]) -> [(UInt64, String)] {
    guard let note = notes.first(where: { $0.type == 0x4649_4c45 })?.contents,
      let count = note.load(UInt64.self, at: 0)
    else { return [] }
    var name = 16 + 24 * Int(count)
    var found: [(UInt64, String)] = []
    for index in 0..<Int(count) {
      guard let start = note.load(UInt64.self, at: 16 + 24 * index),
        let offset = note.load(UInt64.self, at: 32 + 24 * index), let path = note.cString(at: name)
      else { break }
      name += path.count + 1
      if offset == 0 && !found.contains(where: { $0.1 == path.text }) { found.append((start, path.text)) }
    }
    return found
  }

  private static func vdso(_ notes: [Note]) -> UInt64? {
    guard let vector = notes.first(where: { $0.type == 6 })?.contents else { return nil }
    return stride(from: 0, to: vector.count, by: 16).first { vector.load(UInt64.self, at: $0) == 33 }
      .flatMap { vector.load(UInt64.self, at: $0 + 8) }
  }

  private static func firstPage(_ file: ELFFile) -> UInt64 {
    (file.segments.first { $0.type == ProgramHeader.load }?.address ?? 0) & ~0xfff
  }

  static func module(_ file: ELFFile, at start: UInt64) -> UnwindModule {
    let bias = start &- firstPage(file)
    func section(_ name: StaticString) -> (address: UInt64, bytes: ByteView)? {
      guard let section = file.section(named: name) else { return nil }
      return (section.address &+ bias, file.contents(of: section))
    }
    let loads = file.segments.filter { $0.type == ProgramHeader.load }
    return UnwindModule(
      start: start, end: bias &+ (loads.map { $0.address + $0.memorySize }.max() ?? 0), bias: bias,
      ehFrameHeader: section(".eh_frame_hdr"), ehFrame: section(".eh_frame"),
      debugFrame: section(".debug_frame")?.bytes,
      code: loads.filter(\.isExecutable).map { $0.address &+ bias..<$0.address &+ $0.memorySize &+ bias })
  }
}

/// The instruction pointers that gdb gives for the stack of the thread that crashed.
func gdbStack(_ program: String, _ core: String) throws -> [UInt64] {
  let script = """
    set backtrace past-main on
    set backtrace past-entry on
    set backtrace limit 100000
    python
    frame = gdb.newest_frame()
    while frame is not None:
      if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME): print("pc", frame.pc())
      frame = frame.older()
    end
    """
  let folder = try temporaryDirectory()
  defer { remove(folder) }
  try script.write(toFile: folder + "/script", atomically: true, encoding: .utf8)
  let output = try runChecked(["gdb", "-nx", "-batch", "-x", folder + "/script", program, core]).output
  return output.split(separator: "\n").compactMap { line in
    line.hasPrefix("pc ") ? UInt64(line.dropFirst(3)) : nil
  }
}
