package import Bytes
package import ELF
package import Machine
package import ModuleFiles
package import Targets

/// The symbol tables of one module, the fullest first: what the address of a function is called.
package struct ModuleSymbols: Sendable {
  /// The tables to search, in order of preference.
  package let tables: [SymbolTable]
  /// The sections of the file that the tables belong to: section indices refer to these.
  package let sections: [SectionHeader]

  /// Chooses the module's tables: `.symtab` of its file, else of its debug file, else `.dynsym` and what
  /// `.gnu_debugdata` adds to it, else the dynamic symbols of its image in memory.
  package init(_ module: Module, _ finder: FileFinder, _ memory: (any TargetMemory)?) {
    let candidates = [module.file, module.debugFile].compactMap { $0 }
    for file in candidates {
      if let table = Self.table(SectionHeader.symbolTable, of: file, finder) {
        tables = [table]
        sections = file.elf.sections
        return
      }
    }
    var found = Self.dynamicTable(module, finder, memory).map { [$0] } ?? []
    if let file = module.file {
      if let packed = finder.debugData(of: file), let table = packed.elf.symbols(SectionHeader.symbolTable) {
        found.append(table)
      }
      sections = file.elf.sections
    } else {
      sections = module.image?.sections ?? []
    }
    tables = found
  }

  /// The module's dynamic symbols, of its file, else of its image in memory.
  static func dynamicTable(_ module: Module, _ finder: FileFinder, _ memory: (any TargetMemory)?) -> SymbolTable? {
    if let file = module.file {
      if let table = table(SectionHeader.dynamicSymbols, of: file, finder) { return table }
    }
    guard let image = module.image else { return nil }
    if let table = image.symbols(SectionHeader.dynamicSymbols), table.count > 1 { return table }
    return memory.flatMap { DynamicSymbols(image, bias: module.bias, $0)?.table }
  }

  /// Every table of the module, for look-ups by name: the dynamic one, in which most names stand, first.
  static func allTables(_ module: Module, _ finder: FileFinder, _ memory: (any TargetMemory)?) -> [SymbolTable] {
    let full = [module.file, module.debugFile].compactMap { file in
      file.flatMap { table(SectionHeader.symbolTable, of: $0, finder) }
    }
    let packed =
      full.isEmpty ? module.file.flatMap { finder.debugData(of: $0)?.elf.symbols(SectionHeader.symbolTable) } : nil
    let dynamic = dynamicTable(module, finder, memory)
    return [dynamic, full.first, packed].compactMap { $0 }
  }

  /// The table of `type`, decompressed where its section is compressed.
  private static func table(_ type: UInt32, of file: FoundFile, _ finder: FileFinder) -> SymbolTable? {
    let table: SymbolTable?
    if let plain = file.elf.symbols(type) {
      table = plain
    } else if type == SectionHeader.symbolTable, let entries = finder.sectionContents(".symtab", of: file.elf),
      let strings = finder.sectionContents(".strtab", of: file.elf)
    {
      table = SymbolTable(entries: entries, strings: strings)
    } else {
      table = nil
    }
    return table.flatMap { $0.count > 1 ? $0 : nil }
  }

  /// The best symbol of each of `addresses`, which are the linker's, sorted and without duplicates.
  package func search(_ addresses: [UInt64]) -> [(match: SymbolSearch.Match, name: ByteView)?] {
    var search = SymbolSearch(addresses)
    for table in tables { search.scan(table) }
    let result = search.matches(sections: sections)
    return result.map { match in
      guard let match, let name = search.name(of: match) else { return nil }
      return (match, name)
    }
  }
}
