internal import Bytes
internal import DWARF
internal import ELF
internal import Synchronization
public import Machine
public import ModuleFiles
public import Targets

/// Names addresses of a target: module, symbol, inlined calls, place in the source.
///
/// Addresses that are asked for together are looked up together: each module's symbol table is read once for
/// all of them, and only the compilation units that one of them falls into are parsed. What was found is kept.
/// May be used from several threads; they take turns.
public final class Symbolicator: Sendable {
  private let modules: [Module]
  private let finder: FileFinder
  private let memory: (any TargetMemory)?
  private let state: Mutex<State>

  private struct State {
    var known: [UInt64: Resolution] = [:]
    var symbols: [Int: ModuleSymbols] = [:]
    /// Of each module that was asked for; nil where no file of it has any.
    var debug: [Int: DebugInformation?] = [:]
  }

  /// - Parameters:
  ///   - modules: of the target.
  ///   - finder: finds the files that debug information refers to, and decompresses sections.
  ///   - memory: the target's, for the dynamic symbols of modules whose files are lost.
  public init(modules: [Module], finder: FileFinder, memory: (any TargetMemory)? = nil) {
    self.modules = modules
    self.finder = finder
    self.memory = memory
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
    let symbols = state.symbols[index] ?? ModuleSymbols(module, finder, memory)
    state.symbols[index] = symbols
    let linked = addresses.map { $0 &- module.bias }
    // The bias may wrap, so that the order of the linker's addresses is not that of the target's.
    let order = linked.indices.sorted { linked[$0] < linked[$1] }
    let sorted = order.map { linked[$0] }
    let debug = state.debug[index] ?? debugInformation(of: module, finder)
    state.debug[index] = .some(debug)
    let found = symbols.search(sorted)
    let places = debug?.lookUp(sorted) ?? Array(repeating: CodePlace(), count: sorted.count)
    for (position, place) in order.enumerated() {
      let address = addresses[place]
      let symbol = found[position].map { match, name in
        SymbolReference(
          name: SymbolName(raw: name), address: match.value &+ module.bias, size: match.size,
          offset: linked[place] &- match.value)
      }
      state.known[address] = Resolution(
        module: index, symbol: chosen(symbol, places[position].function, at: address, module),
        location: places[position].location.map(SourceLocation.init),
        inlined: places[position].inlined.map(InlinedCall.init))
    }
  }

  /// The symbol table's name, which is the linker's truth; debug information's where there is no symbol, or
  /// only one that states no size.
  private func chosen(
    _ symbol: SymbolReference?, _ function: CodePlace.Function?, at address: UInt64, _ module: Module
  ) -> SymbolReference? {
    guard symbol == nil || symbol?.size == 0, let function, let name = function.name else { return symbol }
    let start = function.low &+ module.bias
    if let symbol, symbol.address >= start { return symbol }
    return SymbolReference(
      name: SymbolName(raw: name), address: start, size: function.high &- function.low, offset: address &- start)
  }
}

extension SourceLocation {
  init(_ location: CodePlace.Location) {
    self.init(path: location.path, line: location.line, column: location.column)
  }
}

extension InlinedCall {
  init(_ call: CodePlace.Inlined) {
    self.init(
      name: SymbolName(raw: call.name ?? ByteView(Array("<unnamed>".utf8))),
      callSite: call.callSite.map(SourceLocation.init))
  }
}
