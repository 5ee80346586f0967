internal import Bytes
internal import ELF
internal import Targets

extension Symbolicator {
  /// The exported function that contains each of `addresses`, look-up addresses in the target: by the module's dynamic
  /// symbols alone. These are in every copy of its file, stripped or not, so that the answer does not depend on which of
  /// its files were found.
  ///
  /// - Returns: in the order of `addresses`; nil where no exported function that states its size contains one.
  package func exportedFunctions(containing addresses: [UInt64]) -> [SymbolReference?] {
    var groups: [Int: Set<UInt64>] = [:]
    for address in addresses {
      if let index = moduleIndex(containing: address) { groups[index, default: []].insert(address) }
    }
    var found: [UInt64: SymbolReference] = [:]
    for (index, group) in groups {
      guard let table = modules[index].dynamicTable else { continue }
      let bias = modules[index].module.bias
      let linked = group.map { $0 &- bias }.sorted()
      var search = SymbolSearch(linked)
      search.scan(table)
      for (address, match) in zip(linked, search.matches(sections: [])) {
        guard let match, match.isFunction, match.size > 0, let raw = search.name(of: match) else { continue }
        found[address &+ bias] = SymbolReference(
          name: SymbolName(raw: raw), address: match.value &+ bias, size: match.size, offset: address &- match.value)
      }
    }
    return addresses.map { found[$0] }
  }
}
