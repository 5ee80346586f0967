internal import ELF
internal import Targets

extension Symbolicator {
  /// The symbols called exactly so in a module, in any of its symbol tables: of its file, its debug file,
  /// `.gnu_debugdata`, or its image in memory. Ask for all names at once: the tables are read once.
  ///
  /// - Parameters:
  ///   - names: as the tables have them, mangled or plain, without a version.
  ///   - index: of the module in the target's `modules`.
  /// - Returns: what was found, by name; the addresses are the target's. Thread-local variables have none.
  public func symbols(named names: [String], inModule index: Int) -> [String: SymbolReference] {
    guard modules.indices.contains(index) else { return [:] }
    let search = NameSearch(names)
    var result: [String: SymbolReference] = [:]
    for table in modules[index].allTables {
      for (name, symbol) in zip(names, search.scan(table, .defined)) where result[name] == nil {
        guard let symbol, let raw = table.name(of: symbol) else { continue }
        result[name] = SymbolReference(
          name: SymbolName(raw: raw), address: symbol.value &+ modules[index].module.bias, size: symbol.size, offset: 0)
      }
      if result.count == names.count { break }
    }
    return result
  }

  /// The symbol called exactly `name` in a module; see ``symbols(named:inModule:)``.
  public func symbol(named name: String, inModule index: Int) -> SymbolReference? {
    symbols(named: [name], inModule: index)[name]
  }

  /// Which of `names` a module takes from other modules: its undefined dynamic symbols.
  public func imports(of names: [String], inModule index: Int) -> Set<String> {
    guard modules.indices.contains(index) else { return [] }
    guard let table = modules[index].dynamicTable else { return [] }
    let found = NameSearch(names).scan(table, .undefined)
    return Set(zip(names, found).compactMap { name, symbol in symbol == nil ? nil : name })
  }

  /// The addresses, in the target, of those of `names` that a module shows to others: its defined dynamic symbols.
  public func exports(of names: [String], inModule index: Int) -> [String: UInt64] {
    guard modules.indices.contains(index), let table = modules[index].dynamicTable else { return [:] }
    var result: [String: UInt64] = [:]
    for (name, symbol) in zip(names, NameSearch(names).scan(table, .defined)) {
      if let symbol, symbol.binding != 0 { result[name] = symbol.value &+ modules[index].module.bias }
    }
    return result
  }

  /// What of a module's debug information could not be read by the look-ups until now: at most 32 errors, each of which
  /// cost names or lines and nothing else; or that a file is missing which it is of no use without.
  package func debugProblems(inModule index: Int) -> [DebugProblem] {
    modules.indices.contains(index) ? modules[index].problems : []
  }

  /// The full name of the function that contains `address`, a look-up address in the target; nil where none is
  /// known.
  public func function(containing address: UInt64) -> String? {
    resolve(address).symbol?.name.text(.full)
  }

  /// The place in the source of `address`, a look-up address in the target.
  public func sourceLine(_ address: UInt64) -> SourceLocation? {
    resolve(address).location
  }
}
