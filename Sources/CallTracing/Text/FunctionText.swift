internal import SystemCalls

/// The names of watched functions by their numbers; filled by the tracer, read by the writer.
package protocol FunctionNames: AnyObject, Sendable {
  func name(_ index: Int32) -> String
}

/// Calls of library functions as text. What their arguments are is known of few; of the others the registers are shown.
enum FunctionText {
  /// What arguments and result of a function mean.
  enum Kind: Sendable, Equatable { case text, number, size, address, bytes(length: Int) }

  static func append(_ call: FunctionCall, _ names: any FunctionNames, _ limits: CallLimits, to text: inout CallText) {
    let name = names.name(call.index)
    text.append("library ")
    text.append(bytes: Array(name.utf8.map { $0 >= 0x20 && $0 < 0x7f ? $0 : 0x3f }))
    if let value = call.value {
      text.append(" returns ")
      appendValue(value, FunctionSignatures.result(name), call.memory, limits, to: &text)
      return
    }
    text.append("(")
    let kinds = FunctionSignatures.arguments(name)
    for index in 0..<(kinds?.count ?? 4) {
      if index > 0 { text.append(", ") }
      appendValue(call.arguments[min(index, 5)], kinds?[index], call.memory, limits, to: &text)
    }
    text.append(kinds == nil ? ", ...)" : ")")
  }

  /// Where nothing is known a text is shown if there is one.
  private static func appendValue(
    _ value: UInt64, _ kind: Kind?, _ memory: CapturedMemory, _ limits: CallLimits, to text: inout CallText
  ) {
    switch kind {
    case .number: text.append(signed: Int64(Int32(truncatingIfNeeded: value)))
    case .size: text.append(decimal: value)
    case .address, .bytes: text.append(pointer: value)
    case .text, nil:
      let bytes = memory.read(value, limits.text + 1, .entry)
      let shown = bytes.prefix { $0 != 0 }
      let isText =
        kind != nil || shown.count >= 2 && shown.count < bytes.count && shown.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
      guard value != 0, !bytes.isEmpty, isText else {
        if kind == nil, value < 1 << 16 { text.append(decimal: value) } else { text.append(pointer: value) }
        return
      }
      text.append(quoted: shown.prefix(limits.text), isCut: shown.count > limits.text)
    }
  }
}

/// The functions that people look at, from libc's manual pages.
enum FunctionSignatures {
  static func arguments(_ name: String) -> [FunctionText.Kind]? { known[name]?.0 }
  static func result(_ name: String) -> FunctionText.Kind? { known[name]?.1 }

  private static let known: [String: ([FunctionText.Kind], FunctionText.Kind)] = [
    "getenv": ([.text], .text), "secure_getenv": ([.text], .text), "setenv": ([.text, .text, .number], .number),
    "putenv": ([.text], .number), "unsetenv": ([.text], .number), "clearenv": ([], .number),
    "malloc": ([.size], .address), "calloc": ([.size, .size], .address), "realloc": ([.address, .size], .address),
    "free": ([.address], .address), "strlen": ([.text], .size), "strcmp": ([.text, .text], .number),
    "strdup": ([.text], .text), "fopen": ([.text, .text], .address), "fclose": ([.address], .number),
    "dlopen": ([.text, .number], .address), "dlsym": ([.address, .text], .address), "puts": ([.text], .number),
    "pthread_create": ([.address, .address, .address, .address], .number),
    "pthread_join": ([.address, .address], .number), "pthread_detach": ([.address], .number),
    "pthread_exit": ([.address], .address), "pthread_cancel": ([.address], .number),
    "pthread_mutex_lock": ([.address], .number), "pthread_mutex_unlock": ([.address], .number),
    "system": ([.text], .number), "popen": ([.text, .text], .address), "unlink": ([.text], .number),
    "remove": ([.text], .number), "exit": ([.number], .number), "abort": ([], .number),
  ]
}
