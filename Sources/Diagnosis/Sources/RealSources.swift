internal import Bytes
internal import ELF
internal import Machine
public import ModuleFiles
internal import Symbolication
public import Targets
package import Unwinding

extension Unwinder: StackSource {}

extension Investigation {
  /// Investigates a target with the project's own unwinder and symbolicator.
  ///
  /// - Parameter finder: what found the target's files (``CoreTarget/finder``).
  public convenience init(target: any Target, finder: FileFinder) {
    self.init(
      target: target,
      stacks: Unwinder(
        architecture: target.architecture, modules: UnwindModule.all(of: target, finder: finder),
        memory: target.memory, codePointerMask: target.codePointerMask),
      names: SymbolicNames(
        target.modules, Symbolicator(modules: target.modules, finder: finder, memory: target.memory), finder))
  }
}

/// Names by a ``Symbolicator``; symbols by the tables of the modules' files.
final class SymbolicNames: NameSource {
  private let modules: [Module]
  private let symbolicator: Symbolicator
  private let finder: FileFinder

  init(_ modules: [Module], _ symbolicator: Symbolicator, _ finder: FileFinder) {
    self.modules = modules
    self.symbolicator = symbolicator
    self.finder = finder
  }

  func resolve(_ addresses: [UInt64]) -> [Resolution] { symbolicator.resolve(addresses) }

  func address(ofSymbol name: StaticString, in module: Int) -> UInt64? {
    guard modules.indices.contains(module) else { return nil }
    let module = modules[module]
    let files = [module.file?.elf, module.debugFile?.elf].compactMap { $0 }
    for file in files {
      for type in [SectionHeader.dynamicSymbols, SectionHeader.symbolTable] {
        if let symbol = Self.symbol(named: name, in: file.symbols(type), isDefined: true) {
          return symbol.value &+ module.bias
        }
      }
    }
    return nil
  }

  func imports(_ name: StaticString, module: Int) -> Bool {
    guard modules.indices.contains(module), let file = modules[module].file else { return false }
    return Self.symbol(named: name, in: file.elf.symbols(SectionHeader.dynamicSymbols), isDefined: false) != nil
  }

  private static func symbol(named name: StaticString, in table: SymbolTable?, isDefined: Bool) -> ELFSymbol? {
    guard let table else { return nil }
    for index in 0..<table.count {
      guard let symbol = table.symbol(at: index), symbol.isDefined == isDefined, symbol.type < 4 || symbol.type == 10,
        symbol.type != 3, table.name(of: symbol)?.equals(name) == true
      else { continue }
      return symbol
    }
    return nil
  }
}
