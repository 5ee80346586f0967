internal import Machine

/// Writes one system call as text: `openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3`.
///
/// Nothing that the memory holds can make it fail, loop or grow: what is not there is shown as an address.
package struct CallDecoder<Memory: CallMemory> {
  let table: CallTable
  let call: ObservedCall
  let signature: CallSignature?
  let memory: Memory
  let limits: CallLimits
  package var text: CallText

  package init(_ call: ObservedCall, of table: CallTable, memory: Memory, limits: CallLimits = CallLimits()) {
    self.table = table
    self.call = call
    self.memory = memory
    self.limits = limits
    signature = table.signature(call.number)
    text = CallText()
  }

  var isAArch64: Bool { table.architecture == .aarch64 }

  /// The call's name; its number where it has none.
  package static func appendName(_ number: Int, _ signature: CallSignature?, to text: inout CallText) {
    if let signature {
      text.append(bytes: signature.nameBytes)
    } else {
      text.append("call_")
      text.append(signed: Int64(number))
    }
  }

  /// Appends name and arguments.
  package mutating func appendCall() {
    Self.appendName(call.number, signature, to: &text)
    text.append("(")
    for index in 0..<argumentCount {
      if index > 0 { text.append(", ") }
      appendArgument(index)
    }
    text.append(")")
  }

  /// How many arguments are shown.
  package var argumentCount: Int {
    guard let signature else { return 6 }
    var count = signature.arguments.count
    // The mode of open counts only where a file may be made.
    if let last = signature.arguments.last, last.kind == .createMode, !makesFile { count -= 1 }
    if signature.name == "fcntl", Self.fcntlWithout.contains(call.argument(1)) { count -= 1 }
    if signature.name == "futex" { count = futexArgumentCount }
    if signature.name == "mremap", call.argument(3) & 6 == 0 { count -= 1 }
    return count
  }

  /// F_GETFD, F_GETFL, F_GETOWN, F_GETSIG, F_GETLEASE, F_GETPIPE_SZ, F_GET_SEALS take no argument.
  private static var fcntlWithout: [UInt64] { [1, 3, 9, 11, 1025, 1032, 1034] }

  private var makesFile: Bool {
    guard let index = signature?.arguments.firstIndex(where: { $0.kind == .open }) else { return true }
    // O_CREAT and __O_TMPFILE (include/uapi/asm-generic/fcntl.h), the same in both.
    return call.argument(index) & 0o100 != 0 || call.argument(index) & 0o20000000 != 0
  }

  /// Appends an argument as text.
  package mutating func appendArgument(_ index: Int) {
    let value = call.argument(index)
    guard let signature, signature.arguments.indices.contains(index) else { return text.append(hexadecimal: value) }
    let argument = signature.arguments[index]
    guard argument.kind.refersToMemory else { return appendNumber(value, argument.kind) }
    switch argument.direction {
    case .input: appendMemory(value, argument.kind, .entry)
    case .output:
      if call.value != nil { appendMemory(value, argument.kind, .exit) } else { text.append(pointer: value) }
    case .both: appendChange(value, argument.kind)
    }
  }

  /// What was asked, and what came of it.
  private mutating func appendChange(_ value: UInt64, _ kind: ArgumentKind) {
    appendMemory(value, kind, .entry)
    guard value != 0, let result = call.value, result > 0 else { return }
    text.append(" -> ")
    appendMemory(value, kind, .exit)
  }

  /// Appends the result: `= 3`, `= -1 ENOENT (No such file or directory)`.
  package mutating func appendResult() {
    text.append("= ")
    switch call.outcome {
    case .unfinished: text.append("?")
    case .failed(let errno): appendError(errno)
    case .value(let value): appendValue(value)
    }
  }

  private mutating func appendError(_ errno: Int) {
    // ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK (include/linux/errno.h): programs never see them.
    switch errno {
    case 512, 513, 514, 516:
      text.append("? (interrupted by a signal)")
    default:
      text.append("-1 ")
      if let name = ErrorNames.name(errno) { text.append(bytes: name) } else { text.append(decimal: UInt64(errno)) }
      if let words = ErrorNames.words(errno) {
        text.append(" (")
        text.append(bytes: words)
        text.append(")")
      }
    }
  }

  private mutating func appendValue(_ value: Int64) {
    let bits = UInt64(bitPattern: value)
    switch signature?.result ?? .number {
    case .hexadecimal: text.append(hexadecimal: bits)
    case .mode: text.append(octal: bits)
    case .scheduler: table.constants["scheduler"].appendOne(bits, to: &text)
    case .number, .descriptor, .size, .process, .identifier: appendPlainResult(value)
    }
  }

  private mutating func appendPlainResult(_ value: Int64) {
    text.append(signed: value)
    guard let name = signature?.name, value >= 0 else { return }
    let bits = UInt64(bitPattern: value)
    switch name {
    case "poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2":
      if value == 0 { text.append(" (timeout)") }
    case "fcntl":
      switch call.argument(1) {
      case 1 where bits & 1 != 0: text.append(" (FD_CLOEXEC)")
      case 3:
        text.append(" (")
        appendOpenFlags(bits)
        text.append(")")
      default: break
      }
    default: break
    }
  }
}
