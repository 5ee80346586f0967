internal import Dispatch
internal import ELF
internal import Synchronization
public import Machine
public import ModuleFiles
public import Targets

/// Names addresses of a target: module, symbol, inlined calls, place in the source.
///
/// Addresses that are asked for together are looked up together: each module's symbol table is read once for
/// all of them, and only the compilation units that one of them falls into are parsed. Modules are looked at
/// side by side on the host's processors. What was found is kept. May be used from several threads.
public final class Symbolicator: Sendable {
  let modules: [ModuleNames]
  private let extents: ModuleExtents
  private let known = Mutex<[UInt64: Resolution]>([:])

  /// - Parameters:
  ///   - modules: of the target.
  ///   - finder: finds the files that debug information refers to, and decompresses sections.
  ///   - memory: the target's, for the dynamic symbols of modules whose files are lost.
  public init(modules: [Module], finder: FileFinder, memory: (any TargetMemory)? = nil) {
    self.modules = modules.enumerated().map { ModuleNames($1, index: $0, finder, memory) }
    extents = ModuleExtents(modules)
  }

  /// Names `address`, a look-up address in the target: of a return address, callers subtract one first
  /// (`Frame.lookupAddress`). For more than a few, ask for all at once.
  public func resolve(_ address: UInt64) -> Resolution { resolve([address])[0] }

  /// Names all of `addresses`, which need be neither sorted nor distinct; results are in their order.
  public func resolve(_ addresses: [UInt64]) -> [Resolution] {
    // Asked for and looked up without the lock: two users may look for the same, and find the same.
    let new = known.withLock { known in Set(addresses.filter { known[$0] == nil }) }.sorted()
    let found = new.isEmpty ? [:] : lookUp(new)
    return known.withLock { known in
      for (address, resolution) in found { known[address] = resolution }
      return addresses.map { known[$0] ?? .none }
    }
  }

  /// The index of the module that contains the target `address`; nil where none does.
  public func moduleIndex(containing address: UInt64) -> Int? { extents.module(containing: address) }

  /// - Parameter addresses: sorted, without duplicates.
  private func lookUp(_ addresses: [UInt64]) -> [UInt64: Resolution] {
    var groups: [Int: [UInt64]] = [:]
    for address in addresses {
      if let index = moduleIndex(containing: address) { groups[index, default: []].append(address) }
    }
    let results = Mutex<[UInt64: Resolution]>(
      Dictionary(addresses.map { ($0, Resolution.none) }, uniquingKeysWith: { first, _ in first }))
    // What takes longest begins first.
    let order = groups.sorted { modules[$0.key].weight > modules[$1.key].weight }
    let work: @Sendable (Int) -> Void = { [modules] turn in
      let (index, group) = order[turn]
      let resolutions = modules[index].resolve(group)
      results.withLock { results in
        for (address, resolution) in zip(group, resolutions) { results[address] = resolution }
      }
    }
    if order.count == 1 { work(0) } else { DispatchQueue.concurrentPerform(iterations: order.count, execute: work) }
    return results.withLock { $0 }
  }
}
