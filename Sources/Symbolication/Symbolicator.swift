internal import Bytes
internal import ELF
internal import Synchronization
package import Targets

/// Names addresses of a target: module, symbol, inlined calls, place in the source.
///
/// Addresses that are asked for together are looked up together: each module's symbol table is read once for
/// all of them, and only the compilation units that one of them falls into are parsed. What was found is kept.
/// May be used from several threads; they take turns.
public final class Symbolicator: Sendable {
  private let modules: [Module]
  private let files: any DebugFiles
  private let state: Mutex<State>

  private struct State {
    var known: [UInt64: Resolution] = [:]
    var symbols: [Int: ModuleSymbols] = [:]
  }

  package init(modules: [Module], files: any DebugFiles) {
    self.modules = modules
    self.files = files
    state = Mutex(State())
  }

  /// Names `address`, a look-up address in the target: of a return address, callers subtract one first
  /// (`Frame.lookupAddress`). For more than a few, ask for all at once.
  public func resolve(_ address: UInt64) -> Resolution { resolve([address])[0] }

  /// Names all of `addresses`, which need be neither sorted nor distinct; results are in their order.
  public func resolve(_ addresses: [UInt64]) -> [Resolution] {
    state.withLock { state in
      let new = Set(addresses.filter { state.known[$0] == nil }).sorted()
      if !new.isEmpty { lookUp(new, &state) }
      return addresses.map { state.known[$0] ?? .none }
    }
  }

  /// The index of the module that contains the target `address`; nil where none does.
  public func moduleIndex(containing address: UInt64) -> Int? {
    modules.firstIndex { $0.contains(address) }
  }

  private func lookUp(_ addresses: [UInt64], _ state: inout State) {
    let groups = Dictionary(grouping: addresses) { moduleIndex(containing: $0) ?? -1 }
    for (index, group) in groups {
      guard modules.indices.contains(index) else {
        for address in group { state.known[address] = Resolution.none }
        continue
      }
      lookUp(group, inModule: index, &state)
    }
  }

  /// - Parameter addresses: sorted, without duplicates, all in the module.
  private func lookUp(_ addresses: [UInt64], inModule index: Int, _ state: inout State) {
    let module = modules[index]
    let symbols = state.symbols[index] ?? ModuleSymbols(module, files)
    state.symbols[index] = symbols
    let linked = addresses.map { $0 &- module.bias }
    // The bias may wrap, so that the order of the linker's addresses is not that of the target's.
    let order = linked.indices.sorted { linked[$0] < linked[$1] }
    let found = symbols.search(order.map { linked[$0] })
    for (position, place) in order.enumerated() {
      let symbol = found[position].map { match, name in
        SymbolReference(
          name: SymbolName(raw: name), address: match.value &+ module.bias, size: match.size,
          offset: linked[place] &- match.value)
      }
      state.known[addresses[place]] = Resolution(module: index, symbol: symbol, location: nil, inlined: [])
    }
  }
}
