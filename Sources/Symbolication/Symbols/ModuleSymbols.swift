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
    var found: [SymbolTable] = []
    if let file = module.file {
      if let table = Self.table(SectionHeader.dynamicSymbols, of: file, finder) { found.append(table) }
      if let packed = finder.debugData(of: file), let table = packed.elf.symbols(SectionHeader.symbolTable) {
        found.append(table)
      }
      sections = file.elf.sections
    } else {
      sections = module.image?.sections ?? []
    }
    if found.isEmpty, let image = module.image {
      if let table = image.symbols(SectionHeader.dynamicSymbols), table.count > 1 {
        found.append(table)
      } else if let memory, let table = DynamicSection(image, bias: module.bias, memory)?.symbols {
        found.append(table)
      }
    }
    tables = found
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
