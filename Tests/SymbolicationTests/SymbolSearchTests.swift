import Bytes
import ELF
import ModuleFiles
import Symbolication
import Targets
import TestSupport
import Testing

@Suite("Names from symbol tables")
struct SymbolSearchTests {
  @Test("the first, a middle and the last byte of every function have its name")
  func everyFunction() throws {
    let path = try Fixture.compile("names.cpp", with: ["g++", "-O1"])
    let module = try module(path)
    let symbolicator = Symbolicator(modules: [module], finder: FileFinder())
    let functions = try functions(of: path).filter { $0.size > 0 }
    #expect(functions.count > 5)
    for function in functions {
      let places = [0, function.size / 2, function.size - 1]
      let results = symbolicator.resolve(places.map { module.bias + function.address + $0 })
      let aliases = functions.filter { $0.address == function.address }.map(\.name)
      for (place, result) in zip(places, results) {
        let symbol = try #require(result.symbol)
        #expect(aliases.contains(symbol.name.raw.text))
        #expect(symbol.offset == place)
        #expect(symbol.size == function.size)
        #expect(symbol.address == module.bias + function.address)
      }
    }
  }

  @Test("of two names for one function the one without underscores is shown")
  func aliases() throws {
    let path = try Fixture.compile("names.cpp", with: ["g++", "-O1"])
    let module = try module(path)
    let address = try #require(try functions(of: path).first { $0.name == "__shown" }).address
    let resolution = Symbolicator(modules: [module], finder: FileFinder()).resolve(module.bias + address)
    #expect(resolution.symbol?.name.text() == "shown")
  }

  @Test("an address outside of all modules has no name")
  func outside() throws {
    let module = try module(try Fixture.compile("names.cpp", with: ["g++", "-O1"]))
    let symbolicator = Symbolicator(modules: [module], finder: FileFinder())
    for address in [0, module.start - 1, module.end, UInt64.max] {
      let resolution = symbolicator.resolve(address)
      #expect(resolution.module == nil)
      #expect(resolution.symbol == nil)
    }
  }

  /// A table made by hand: value, size, info, section index, name.
  private func table(_ symbols: [(UInt64, UInt64, UInt8, UInt16, String)]) -> SymbolTable {
    var entries = [UInt8](repeating: 0, count: 24)
    var strings: [UInt8] = [0]
    func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    for (value, size, info, section, name) in symbols {
      entries += bytes(UInt32(strings.count)) + [info, 0] + bytes(section) + bytes(value) + bytes(size)
      strings += Array(name.utf8) + [0]
    }
    return SymbolTable(entries: ByteView(entries), strings: ByteView(strings))
  }

  private func names(_ addresses: [UInt64], _ symbols: [(UInt64, UInt64, UInt8, UInt16, String)]) -> [String?] {
    var search = SymbolSearch(addresses)
    search.scan(table(symbols))
    return search.matches(sections: []).map { $0.flatMap(search.name)?.text }
  }

  @Test("mapping symbols and local labels are not names")
  func markers() {
    let markers: [(UInt64, UInt64, UInt8, UInt16, String)] = [
      (0x100, 16, 0, 1, "$x"), (0x100, 16, 0, 1, "$d.7"), (0x100, 16, 0, 1, ".LC0"),
    ]
    #expect(names([0x104], markers) == [nil])
    #expect(names([0x104], markers + [(0x100, 16, 0, 1, "$xyz")]) == ["$xyz"])
  }

  @Test("a function is preferred to data and to a label, a global name to a local one, an inner to an outer")
  func preference() {
    #expect(names([0x104], [(0x100, 16, 0x11, 1, "data"), (0x100, 16, 0x02, 1, "code")]) == ["code"])
    #expect(names([0x104], [(0x100, 16, 0x02, 1, "local"), (0x100, 16, 0x12, 1, "global")]) == ["global"])
    #expect(names([0x104], [(0x100, 16, 0x22, 1, "weak"), (0x100, 16, 0x12, 1, "global")]) == ["global"])
    #expect(names([0x104], [(0x102, 4, 0x12, 1, "inner"), (0x100, 16, 0x12, 1, "outer")]) == ["inner"])
    #expect(names([0x107], [(0x102, 4, 0x12, 1, "inner"), (0x100, 16, 0x12, 1, "outer")]) == ["outer"])
  }

  @Test("sizes that wrap around and absolute, undefined and thread-local symbols name nothing wrong")
  func hostile() {
    #expect(names([0x50, 0x104], [(0x100, UInt64.max, 0x12, 1, "huge")]) == [nil, "huge"])
    #expect(
      names(
        [0x104], [(0x100, 16, 0x12, 0, "undefined"), (0x100, 16, 0x12, 0xfff1, "absolute"), (0x100, 16, 6, 1, "tls")])
        == [nil])
  }

  @Test("agrees with a search of every symbol for every address")
  func exhaustive() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let symbols = (0..<30).map { index in
        (
          UInt64.random(in: 0...500, using: &random) * (index == 0 ? 1 << 40 : 1),
          UInt64.random(in: 1...60, using: &random),
          0x12 as UInt8, 1 as UInt16, "f\(index)"
        )
      }
      let addresses = Set((0..<40).map { _ in UInt64.random(in: 0...600, using: &random) } + [symbols[0].0]).sorted()
      let found = names(addresses, symbols)
      for (address, name) in zip(addresses, found) {
        let inside = symbols.filter { address >= $0.0 && address < $0.0 + $0.1 }
        let nearest = inside.map(\.0).max()
        #expect((name == nil) == inside.isEmpty)
        #expect(name == nil || inside.contains { $0.4 == name && $0.0 == nearest })
      }
    }
  }
}
