package import Machine
package import Symbolication
package import Unwinding

/// Walks stacks. The ``Unwinder`` in programs, anything in tests.
package protocol StackSource: AnyObject {
  /// The frames from a thread's registers outwards.
  func walk(_ registers: RegisterSet) -> StackWalk
  /// The registers as frame `number` had them, the caller-saved ones unknown; nil beyond the walk.
  func registers(ofFrame number: Int, from registers: RegisterSet) -> RegisterSet?
}

/// Names addresses and finds symbols. The ``Symbolicator`` in programs, anything in tests.
package protocol NameSource: AnyObject {
  /// What each address, in the target, is called.
  func resolve(_ addresses: [UInt64]) -> [Resolution]
  /// The addresses in the target of symbols that a module defines, by name; those that it does not are left out.
  /// - Parameter index: of the module in the target's `modules`.
  func addresses(ofSymbols names: [String], inModule index: Int) -> [String: UInt64]
  /// The same, of those alone that it shows to other modules: its defined dynamic symbols.
  func exports(of names: [String], inModule index: Int) -> [String: UInt64]
  /// Which of `names` the module has as undefined dynamic symbols.
  func imports(of names: [String], inModule index: Int) -> Set<String>
  /// What of a module's debug information could not be read by the look-ups until now.
  func debugProblems(inModule index: Int) -> [DebugProblem]
  /// The exported function that contains each address, in the target: of the module's dynamic symbols alone, which every
  /// copy of its file has, stripped or not; nil where there is none.
  func exportedFunctions(containing addresses: [UInt64]) -> [SymbolReference?]
}
