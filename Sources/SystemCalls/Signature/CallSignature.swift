/// What is known of a system call.
package struct CallSignature: Sendable {
  package let name: String
  package let nameBytes: [UInt8]
  package let arguments: [Argument]
  package let result: ResultKind
  package let section: CallSection
  /// Whether an argument's memory is read when the call begins, and when it ends.
  package let readsAtEntry: Bool
  package let readsAtExit: Bool

  init(name: String, arguments: [Argument], result: ResultKind, section: CallSection) {
    self.name = name
    nameBytes = Array(name.utf8)
    self.arguments = arguments
    self.result = result
    self.section = section
    readsAtEntry = arguments.contains { $0.direction != .output && $0.kind.refersToMemory }
    readsAtExit = arguments.contains { $0.kind.refersToMemory && ($0.direction != .input || $0.kind.readsLate) }
  }

  /// Whether one of its arguments is the path of a file.
  package var takesPath: Bool { arguments.contains { $0.kind == .path } }

  /// Whether it takes or gives a file descriptor.
  package var usesDescriptor: Bool {
    result == .descriptor || arguments.contains { $0.kind == .descriptor || $0.kind == .folder }
  }
}

/// What a call's result is.
package enum ResultKind: String, Sendable {
  case number
  case descriptor = "fd"
  case size
  case hexadecimal = "hex"
  case process = "pid"
  case identifier = "id"
  case mode
  case scheduler
}

/// What calls are about: each call is in one section.
package enum CallSection: Sendable {
  case file, network, process, memory, signal, thread, waiting, time, other
}

extension ArgumentKind {
  /// Whether the argument is the address of something that is shown.
  var refersToMemory: Bool {
    switch self {
    case .path, .text, .bytes, .structure, .vectors, .polls, .events, .identifiers, .entries, .socketAddress, .option,
      .descriptorSet, .processorMask, .strings, .environment, .cloneArguments, .futexTimeout, .fcntlArgument,
      .prctlArgument, .ioctlArgument:
      true
    default: false
    }
  }
}
