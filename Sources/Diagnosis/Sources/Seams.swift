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
  /// The address in the target of a module's defined symbol.
  /// - Parameter module: an index in the target's `modules`.
  func address(ofSymbol name: StaticString, in module: Int) -> UInt64?
  /// Whether the module has an undefined dynamic symbol of that name.
  func imports(_ name: StaticString, module: Int) -> Bool
}
