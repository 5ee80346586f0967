internal import Machine
public import ModuleFiles
package import Symbolication
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
      names: Symbolicator(modules: target.modules, finder: finder, memory: target.memory))
  }
}

extension Symbolicator: NameSource {
  package func addresses(ofSymbols names: [String], inModule index: Int) -> [String: UInt64] {
    symbols(named: names, inModule: index).mapValues(\.address)
  }
}
