package import SystemCalls

/// What a ``CallFollower`` watches.
package struct FollowOptions: Sendable {
  /// The system calls; nil for all of them, empty for none.
  package var calls: Set<Int>?
  /// Library functions.
  package var functions: FunctionSelection
  /// Whether descriptors are looked at when they are closed.
  package var watchesFiles = false
  /// Whether the stack of each call is walked.
  package var takesStacks = false
  /// Whether what is left of the tree is killed when its first process has ended.
  package var endsWithMain = false
  package var limits = CallLimits()

  package init(calls: Set<Int>?, functions: FunctionSelection = FunctionSelection()) {
    self.calls = calls
    self.functions = functions
  }
}

/// The functions of libraries that are watched, by name.
package struct FunctionSelection: Sendable {
  /// Names, where `*` stands for any characters.
  package let patterns: [String]
  /// Those whose return is watched too, all where nil.
  package let returns: Set<String>?

  package init(patterns: [String] = [], returns: Set<String>? = nil) {
    self.patterns = patterns
    self.returns = returns
  }

  package var isEmpty: Bool { patterns.isEmpty }
}
