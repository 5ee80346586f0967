internal import Bytes
package import ELF

/// Finds symbols by their exact names, in one pass over a symbol table for all names together.
package struct NameSearch {
  private let names: [[UInt8]]
  /// Whether a name begins with a byte.
  private var firstBytes = [Bool](repeating: false, count: 256)

  /// What kind of symbol is looked for.
  package enum Kind {
    /// One with an address in this module: code or data, not thread-local.
    case defined
    /// One that another module has to provide.
    case undefined
  }

  package init(_ names: [String]) {
    self.names = names.map { Array($0.utf8) }
    for case let first? in self.names.map(\.first) { firstBytes[Int(first)] = true }
  }

  /// The best symbol of each name, in their order; nil where the table has none. A global symbol is preferred
  /// to a weak one, and that to a local one. A symbol's version (`name@@GLIBC_2.34`) is no part of its name.
  package func scan(_ table: SymbolTable, _ kind: Kind) -> [ELFSymbol?] {
    var found = [ELFSymbol?](repeating: nil, count: names.count)
    let strings = table.strings
    for index in 1..<max(1, table.count) {
      guard let symbol = table.symbol(at: index) else { break }
      switch kind {
      case .defined: guard symbol.isDefined, symbol.sectionIndex < 0xff00, Self.isPlace(symbol) else { continue }
      case .undefined: guard !symbol.isDefined, symbol.nameOffset != 0 else { continue }
      }
      let start = Int(symbol.nameOffset)
      guard let first = strings.load(UInt8.self, at: start), firstBytes[Int(first)] else { continue }
      for (position, name) in names.enumerated() where Self.isName(name, strings, at: start) {
        if Self.rank(symbol) > found[position].map(Self.rank) ?? -1 { found[position] = symbol }
      }
    }
    return found
  }

  private static func isName(_ name: [UInt8], _ strings: ByteView, at start: Int) -> Bool {
    for (offset, byte) in name.enumerated() where strings.load(UInt8.self, at: start + offset) != byte { return false }
    let end = strings.load(UInt8.self, at: start + name.count)
    return end == 0 || end == UInt8(ascii: "@")
  }

  /// STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_COMMON, STT_GNU_IFUNC.
  private static func isPlace(_ symbol: ELFSymbol) -> Bool { [0, 1, 2, 5, 10].contains(symbol.type) }

  private static func rank(_ symbol: ELFSymbol) -> Int {
    switch symbol.binding {
    case 0: 0
    case 2: 1
    default: 2
    }
  }
}
