import Bytes
import ELF
import Machine
import ModuleFiles
import Symbolication
import Targets
import TestSupport
import Testing

@Suite("Names of other languages, and of modules without files")
struct LanguageTests {
  /// The short names of all functions of a program, with those of the calls inlined into them.
  private func names(_ path: String, where isWanted: (String) -> Bool) throws -> Set<String> {
    let module = try module(path)
    let functions = try functions(of: path).filter { isWanted($0.name) }
    let resolutions = Symbolicator(modules: [module], finder: FileFinder()).resolve(
      functions.flatMap { function in
        (function.address..<function.address + max(1, function.size)).map { $0 &+ module.bias }
      })
    return Set(resolutions.flatMap { ($0.symbol.map { [$0.name.text()] } ?? []) + $0.inlined.map { $0.name.text() } })
  }

  @Test("Rust's, of either mangling, are readable", arguments: ["legacy", "v0"])
  func rust(_ mangling: String) throws {
    let path = try Fixture.compile(
      "names.rs",
      // The older mangling is an unstable option by now.
      with: ["env", "RUSTC_BOOTSTRAP=1"] + [
        "rustc", "-g", "-O", "--crate-name", "names", "-C", "symbol-mangling-version=\(mangling)",
      ] + (mangling == "legacy" ? ["-Z", "unstable-options"] : []))
    let names = try names(path) { $0.contains("names") || $0 == "main" }
    #expect(names.contains("names::main"))
    #expect(names.contains(mangling == "v0" ? "names::count::<u8, 4>" : "names::count"))
    #expect(names.contains("<names::Wrapped<alloc::vec::Vec<T>> as names::Weigh>::weigh") == (mangling == "legacy"))
    #expect(names.contains { $0.contains("weigh") && $0.contains("closure") })
    #expect(!names.contains { $0.hasPrefix("_") })
  }

  @Test("Swift's are readable")
  func swift() throws {
    let path = try Fixture.compile("names.swift", with: ["swiftc", "-O", "-g", "-module-name", "names"])
    let names = try names(path) { $0.contains("5names") || $0 == "main" }
    #expect(names.contains("main"))
    #expect(names.contains { $0.contains("names.Box.weigh(Int) -> Int") })
    #expect(
      names.contains { $0.contains("names.hidden([Int]) -> Int") || $0.contains("names.hidden(Array<Int>) -> Int") })
    #expect(!names.contains { $0.contains("Swift.Int") })
  }

  /// A file as the loader would have mapped it, with nothing but memory to read it by.
  private final class LoadedFile: TargetMemory {
    private let windows: [MemoryWindow]
    init(_ elf: ELFFile, bias: UInt64) {
      windows = elf.segments.filter { $0.type == ProgramHeader.load }.map {
        MemoryWindow(start: $0.address + bias, bytes: elf.contents(of: $0))
      }
    }
    func window(containing address: UInt64) -> MemoryWindow? { windows.first { $0.contains(address) } }
  }

  @Test("of a module whose file is lost come from its dynamic symbols in memory", arguments: ["gnu", "sysv"])
  func image(_ hash: String) throws {
    let path = try Fixture.compile(
      "inlining.c", with: ["gcc", "-O2", "-shared", "-fPIC", "-Wl,--hash-style=\(hash)"])
    let whole = try module(path)
    let elf = try #require(whole.file?.elf)
    // What of the image is contiguous in memory: its first segment, without section headers.
    let first = try #require(elf.segments.first { $0.type == ProgramHeader.load })
    let image = try ELFFile(ByteView(elf.contents(of: first).array))
    let lost = Module(
      path: path, start: whole.start, end: whole.end, bias: whole.bias, buildID: nil, file: nil, debugFile: nil,
      image: image, refused: [])
    let memory = LoadedFile(elf, bias: whole.bias)
    let symbolicator = Symbolicator(modules: [lost], finder: FileFinder(), memory: memory)
    let outer = try #require(try functions(of: path).first { $0.name == "outer" })
    let symbol = symbolicator.resolve(whole.bias &+ outer.address &+ 3).symbol
    #expect(symbol?.name.text() == "outer")
    #expect(symbol?.offset == 3)
    #expect(symbolicator.symbol(named: "last_value", inModule: 0) != nil)
    #expect(symbolicator.imports(of: ["abort", "outer"], inModule: 0) == ["abort"])
    // Without memory there is no name, and nothing worse.
    let blind = Symbolicator(modules: [lost], finder: FileFinder())
    #expect(blind.resolve(whole.bias &+ outer.address).symbol == nil)
  }

  @Test("of a stripped program come from what .gnu_debugdata adds to its dynamic symbols")
  func packed() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let whole = try Fixture.compile("inlining.c", with: ["gcc", "-O2"])
    try runChecked(["cp", whole, folder + "/whole"])
    try runChecked(
      [
        "sh", "-c",
        "objcopy -S --keep-symbol=outer --keep-symbol=other --only-section=.none whole mini || true; "
          + "objcopy --only-keep-debug whole mini && strip --strip-debug mini && xz -f mini && "
          + "objcopy -S --add-section .gnu_debugdata=mini.xz whole stripped",
      ], in: folder)
    let module = try module(folder + "/stripped")
    let outer = try #require(try functions(of: whole).first { $0.name == "outer" })
    let symbolicator = Symbolicator(modules: [module], finder: FileFinder())
    #expect(symbolicator.resolve(module.bias &+ outer.address &+ 1).symbol?.name.text() == "outer")
    #expect(symbolicator.symbol(named: "private_value", inModule: 0) != nil)
  }
}
