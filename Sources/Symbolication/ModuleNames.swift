internal import Bytes
internal import DWARF
internal import ELF
internal import Machine
internal import ModuleFiles
internal import Synchronization
internal import Targets

/// Names addresses of one module. What it takes is opened when the first address is asked for.
final class ModuleNames: Sendable {
  let module: Module
  private let index: Int
  private let finder: FileFinder
  private let memory: (any TargetMemory)?
  private let state = Mutex<State?>(nil)

  /// What was opened.
  private struct State {
    let symbols: ModuleSymbols
    /// nil where no file of the module has any.
    let debug: ModuleDebug?
    /// nil where the file is lost.
    let stubs: LinkageStubs?
  }

  init(_ module: Module, index: Int, _ finder: FileFinder, _ memory: (any TargetMemory)?) {
    self.module = module
    self.index = index
    self.finder = finder
    self.memory = memory
  }

  /// How long a look-up may take, compared to that of other modules: the bytes of its files.
  var weight: Int { [module.file, module.debugFile].reduce(0) { $0 + ($1?.elf.bytes.count ?? 0) } }

  /// Every symbol table of the module.
  var allTables: [SymbolTable] { ModuleSymbols.allTables(module, finder, memory) }

  /// The dynamic symbols of the module: of its file, else of its image in memory.
  var dynamicTable: SymbolTable? { ModuleSymbols.dynamicTable(module, finder, memory) }

  /// Names `addresses`: the target's, without duplicates, all in the module. Results are in their order.
  func resolve(_ addresses: [UInt64]) -> [Resolution] {
    state.withLock { state in
      let opened = state ?? open()
      state = opened
      return resolve(addresses, opened)
    }
  }

  /// What of the debug information could not be read so far.
  var problems: [DebugProblem] { state.withLock { $0?.debug?.problems ?? [] } }

  private func open() -> State {
    State(
      symbols: ModuleSymbols(module, finder, memory), debug: ModuleDebug(module, finder),
      stubs: module.file.map { LinkageStubs($0.elf) })
  }

  private func resolve(_ addresses: [UInt64], _ state: State) -> [Resolution] {
    // The bias may wrap, so that the order of the linker's addresses is not that of the target's.
    let linked = addresses.map { $0 &- module.bias }.sorted()
    let found = state.symbols.search(linked)
    let places = state.debug?.information.lookUp(linked) ?? Array(repeating: CodePlace(), count: linked.count)
    return addresses.map { address in
      let position = linked.partitioningIndex { $0 >= address &- module.bias }
      let symbol = found[position].map { match, name in
        SymbolReference(
          name: SymbolName(raw: name), address: match.value &+ module.bias, size: match.size,
          offset: linked[position] &- match.value)
      }
      let place = places[position]
      let name = chosen(symbol, place.function, at: address) ?? stub(at: address, state.stubs)
      return Resolution(
        module: index, symbol: name, location: place.location.map(SourceLocation.init),
        inlined: place.inlined.map(InlinedCall.init))
    }
  }

  /// The symbol table's name, but where debug information knows better.
  ///
  /// It does where there is no symbol, or only one that states no size; and where the linker folded functions
  /// of the same code into one, so that each of their names stands for it: then it is the one that the line
  /// belongs to.
  private func chosen(
    _ symbol: SymbolReference?, _ function: CodePlace.Function?, at address: UInt64
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

  private func stub(at address: UInt64, _ stubs: LinkageStubs?) -> SymbolReference? {
    stubs?.stub(at: address &- module.bias).map { stub in
      let start = stub.start &+ module.bias
      return SymbolReference(
        name: SymbolName(raw: stub.name), address: start, size: stub.size, offset: address &- start)
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
