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
  let modules: [Module]
  private let finder: FileFinder
  private let memory: (any TargetMemory)?
  private let state: Mutex<State>

  private struct State {
    var known: [UInt64: Resolution] = [:]
    var symbols: [Int: ModuleSymbols] = [:]
    /// Of each module that was asked for; nil where no file of it has any.
    var debug: [Int: DebugInformation?] = [:]
    var stubs: [Int: LinkageStubs] = [:]
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

  /// Every symbol table of a module.
  func allTables(ofModule index: Int) -> [SymbolTable] {
    ModuleSymbols.allTables(modules[index], finder, memory)
  }

  /// The dynamic symbols of a module: of its file, else of its image in memory.
  func dynamicTables(ofModule index: Int) -> [SymbolTable] {
    ModuleSymbols.dynamicTable(modules[index], finder, memory).map { [$0] } ?? []
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
      let name =
        chosen(symbol, places[position].function, at: address, module) ?? stub(at: address, inModule: index, &state)
      state.known[address] = Resolution(
        module: index, symbol: name, location: places[position].location.map(SourceLocation.init),
        inlined: places[position].inlined.map(InlinedCall.init))
    }
  }

  /// The symbol table's name, but where debug information knows better.
  ///
  /// It does where there is no symbol, or only one that states no size; and where the linker folded functions
  /// of the same code into one, so that each of their names stands for it: then it is the one that the line
  /// belongs to.
  private func chosen(
    _ symbol: SymbolReference?, _ function: CodePlace.Function?, at address: UInt64, _ module: Module
  ) -> SymbolReference? {
    guard let function, let raw = function.name else { return symbol }
    let name = SymbolName(raw: raw)
    let start = function.low &+ module.bias
    if let symbol {
      if symbol.size == 0 {
        guard symbol.address < start else { return symbol }
      } else {
        guard symbol.address == start, name.scheme != nil, !symbol.name.isPart(of: name) else { return symbol }
      }
    }
    return SymbolReference(name: name, address: start, size: function.high &- function.low, offset: address &- start)
  }

  private func stub(at address: UInt64, inModule index: Int, _ state: inout State) -> SymbolReference? {
    guard let file = modules[index].file else { return nil }
    let stubs = state.stubs[index] ?? LinkageStubs(file.elf)
    state.stubs[index] = stubs
    let bias = modules[index].bias
    return stubs.stub(at: address &- bias).map { stub in
      SymbolReference(
        name: SymbolName(raw: stub.name), address: stub.start &+ bias, size: stub.size,
        offset: address &- bias &- stub.start)
    }
  }
}

extension SymbolName {
  /// Whether this is the name of `function`, or of a part of it that the compiler moved away: `f.cold`.
  fileprivate func isPart(of function: SymbolName) -> Bool {
    guard let stem = raw.slice(0, function.raw.count), stem.hasSameBytes(as: function.raw) else { return false }
    return raw.count == stem.count
      || [UInt8(ascii: "."), UInt8(ascii: "@")].contains(raw.load(UInt8.self, at: stem.count))
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
