/// A system call as it was seen.
package struct ObservedCall: Sendable {
  package let number: Int
  /// The six registers that arguments are in, whether the call uses them or not.
  package let arguments: InlineArray<6, UInt64>
  package let outcome: CallOutcome

  package init(number: Int, arguments: InlineArray<6, UInt64>, outcome: CallOutcome) {
    self.number = number
    self.arguments = arguments
    self.outcome = outcome
  }

  /// Argument `index`; 0 where there is none.
  func argument(_ index: Int) -> UInt64 { index >= 0 && index < 6 ? arguments[index] : 0 }

  /// What the call gave, where it has not failed.
  package var value: Int64? { if case .value(let value) = outcome { value } else { nil } }
}

/// How a call ended.
package enum CallOutcome: Sendable, Equatable {
  /// It gave a value.
  case value(Int64)
  /// It failed; numbers above 511 are the kernel's own, of calls that a signal interrupted (include/linux/errno.h).
  case failed(errno: Int)
  /// It has not ended, or its thread ended within it.
  case unfinished

  /// - Parameters:
  ///   - result: what the register of the result holds.
  ///   - isError: whether the kernel calls it an error (PTRACE_GET_SYSCALL_INFO).
  package init(result: Int64, isError: Bool) {
    self = isError && (-4095 ... -1).contains(result) ? .failed(errno: Int(-result)) : .value(result)
  }
}

/// How much is shown of what is long.
package struct CallLimits: Sendable {
  /// Bytes of a buffer or text.
  package var text: Int
  /// Elements of a list.
  package var elements: Int

  package init(text: Int = 64, elements: Int = 16) {
    self.text = max(0, min(text, 1 << 20))
    self.elements = max(1, min(elements, 256))
  }

  /// Of a path all is shown that the kernel takes (PATH_MAX).
  static let path = 4096
}
