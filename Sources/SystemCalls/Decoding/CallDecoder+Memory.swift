extension CallDecoder {
  /// Appends what lies behind an address; the address where it is not known.
  mutating func appendMemory(_ address: UInt64, _ kind: ArgumentKind, _ moment: CallMoment) {
    switch kind {
    case .path: appendText(address, moment, limit: CallLimits.path)
    case .text: appendText(address, moment, limit: limits.text)
    case .bytes(let length): appendBytes(address, length, moment)
    case .structure(let structure): appendStructure(address, structure, moment)
    case .vectors(let count): appendVectors(address, call.argument(count), moment)
    case .polls(let count): appendPolls(address, call.argument(count), moment)
    case .events: appendEvents(address, moment)
    case .identifiers: appendIdentifiers(address)
    case .entries(let width): appendEntries(address, width)
    case .socketAddress(let length, let isPointer): appendSocketAddress(address, length, isPointer, moment)
    case .option(let length, let isPointer): appendOption(address, length, isPointer, moment)
    case .descriptorSet(let count): appendDescriptorSet(address, call.argument(count), moment)
    case .processorMask(let length): appendProcessorMask(address, call.argument(length), moment)
    case .strings: appendStrings(address, moment)
    case .environment: appendEnvironment(address, moment)
    case .cloneArguments: appendCloneArguments(address, moment)
    case .futexTimeout: appendFutexTimeout(address)
    case .fcntlArgument: appendFcntlArgument(address)
    case .prctlArgument: appendPrctlArgument(address)
    case .ioctlArgument: appendIoctlArgument(address)
    default: text.append(pointer: address)
    }
  }

  /// A text up to its zero byte.
  mutating func appendText(_ address: UInt64, _ moment: CallMoment, limit: Int) {
    // One more than is shown tells whether that is all.
    let bytes = memory.read(address, limit + 1, moment)
    guard address != 0, !bytes.isEmpty else { return text.append(pointer: address) }
    if let end = bytes.firstIndex(of: 0) {
      text.append(quoted: bytes[..<end])
    } else {
      text.append(quoted: bytes.prefix(limit), isCut: true)
    }
  }

  /// As many bytes as an argument says, and the kernel took or gave.
  private mutating func appendBytes(_ address: UInt64, _ length: Int, _ moment: CallMoment) {
    let asked = call.argument(length)
    let given = moment == .exit ? min(UInt64(clamping: call.value ?? 0), asked) : asked
    appendBytes(address, count: given, moment)
  }

  mutating func appendBytes(_ address: UInt64, count: UInt64, _ moment: CallMoment) {
    guard address != 0 else { return text.append("NULL") }
    guard count > 0 else { return text.append("\"\"") }
    let shown = Int(min(count, UInt64(limits.text)))
    let bytes = memory.read(address, shown, moment)
    guard bytes.count == shown || !bytes.isEmpty else { return text.append(pointer: address) }
    text.append(quoted: bytes, isCut: UInt64(bytes.count) < count)
  }

  /// The fields at `address`, where all `count` bytes of them are known.
  func fields(_ address: UInt64, _ count: Int, _ moment: CallMoment) -> Fields? {
    guard address != 0 else { return nil }
    let bytes = memory.read(address, count, moment)
    return bytes.count >= count ? Fields(bytes: bytes) : nil
  }

  /// Begins the shown part of a list, says how many more there are, and ends it.
  mutating func appendList(shown: Int, of count: UInt64, _ element: (inout CallDecoder, Int) -> Void) {
    text.append("[")
    for index in 0..<shown {
      if index > 0 { text.append(", ") }
      element(&self, index)
    }
    if count > UInt64(shown) {
      text.append(shown > 0 ? ", ... " : "... ")
      text.append(decimal: count - UInt64(shown))
      text.append(" more")
    }
    text.append("]")
  }

  /// readv's and writev's parts, each with what it holds.
  mutating func appendVectors(_ address: UInt64, _ count: UInt64, _ moment: CallMoment) {
    guard address != 0, count > 0 else { return text.append(pointer: address) }
    let most = min(count, UInt64(limits.elements))
    let bytes = memory.read(address, Int(most) * 16, .entry)
    guard bytes.count >= 16 else { return text.append(pointer: address) }
    let fields = Fields(bytes: bytes)
    // What was read fills the parts one after another.
    var left = moment == .exit ? UInt64(clamping: call.value ?? 0) : UInt64.max
    appendList(shown: bytes.count / 16, of: count) { decoder, index in
      let length = fields.u64(index * 16 + 8)
      let used = min(length, left)
      left -= used
      decoder.text.append("{")
      decoder.appendBytes(fields.u64(index * 16), count: used, moment)
      decoder.text.append(", ")
      decoder.text.append(decimal: length)
      decoder.text.append("}")
    }
  }

  private mutating func appendStrings(_ address: UInt64, _ moment: CallMoment) {
    let bytes = memory.read(address, limits.elements * 8 + 8, moment)
    guard address != 0, bytes.count >= 8 else { return text.append(pointer: address) }
    let fields = Fields(bytes: bytes)
    var count = 0
    while count < bytes.count / 8, fields.u64(count * 8) != 0 { count += 1 }
    text.append("[")
    for index in 0..<min(count, limits.elements) {
      if index > 0 { text.append(", ") }
      appendText(fields.u64(index * 8), moment, limit: limits.text)
    }
    if count > limits.elements || count == bytes.count / 8 { text.append(count > 0 ? ", ..." : "...") }
    text.append("]")
  }

  /// The number of variables alone: their values are many, and secret.
  private mutating func appendEnvironment(_ address: UInt64, _ moment: CallMoment) {
    let bytes = memory.read(address, 8192, moment)
    guard address != 0, bytes.count >= 8 else { return text.append(pointer: address) }
    let fields = Fields(bytes: bytes)
    var count = 0
    while count < bytes.count / 8, fields.u64(count * 8) != 0 { count += 1 }
    text.append(hexadecimal: address)
    text.append(" /* ")
    if count == bytes.count / 8 { text.append("at least ") }
    text.append(decimal: UInt64(count))
    text.append(count == 1 ? " variable */" : " variables */")
  }
}
