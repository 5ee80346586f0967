internal import Bytes
internal import ELF
internal import ModuleFiles
internal import Symbolication
internal import Targets

/// Finds where a symbol is that a user names, in the modules' symbol tables.
struct SymbolLookup {
  private let target: any Target

  init(_ target: any Target) { self.target = target }

  /// The address in the target of the first symbol, executable first, that is called `name`: as symbol tables
  /// spell it, or demangled without parameters.
  func address(of name: String) -> UInt64? {
    let wanted = ByteView(Array(name.utf8))
    // A mangled name holds the last part of the path as it is: only names with it are demangled.
    let last = ByteView(Array((name.split(separator: ":").last ?? "").utf8))
    for module in target.modules {
      let files = [module.file?.elf, module.debugFile?.elf, module.image].compactMap(\.self)
      for table in files.flatMap({ file in
        [ELFFile.symbolTableType, ELFFile.dynamicType].compactMap { file.symbols($0) }
      }) {
        if let value = find(in: table, where: { $0.hasSameBytes(as: wanted) }) { return value &+ module.bias }
      }
      guard name.contains(":") || name.contains("<") else { continue }
      for table in files.compactMap({ $0.symbols(ELFFile.symbolTableType) }) {
        let found = find(in: table) { raw in
          raw.contains(last) && Self.isCalled(name, SymbolName(raw: raw).text(.short))
        }
        if let found { return found &+ module.bias }
      }
    }
    return nil
  }

  private func find(in table: SymbolTable, where matches: (ByteView) -> Bool) -> UInt64? {
    for index in 0..<table.count {
      guard let symbol = table.symbol(at: index), symbol.isDefined, [0, 1, 2, 10].contains(symbol.type),
        let name = table.name(of: symbol), matches(name)
      else { continue }
      return symbol.value
    }
    return nil
  }

  /// Whether `demangled` is `name`, or `name` and its parameters.
  private static func isCalled(_ name: String, _ demangled: String) -> Bool {
    demangled == name || demangled.hasPrefix(name + "(") || demangled.hasPrefix(name + "<")
  }
}

extension ELFFile {
  fileprivate static var symbolTableType: UInt32 { SectionHeader.symbolTable }
  fileprivate static var dynamicType: UInt32 { SectionHeader.dynamicSymbols }
}

extension ByteView {
  /// Whether the bytes of `part` stand in these one after another.
  fileprivate func contains(_ part: ByteView) -> Bool {
    guard part.count > 0, part.count <= count, let first = part.load(UInt8.self, at: 0) else { return false }
    for start in 0...(count - part.count) where load(UInt8.self, at: start) == first {
      if let run = slice(start, part.count), run.hasSameBytes(as: part) { return true }
    }
    return false
  }
}
