extension CallDecoder {
  /// An address of a socket. Its length is an argument, or lies where one points to, and is then what the kernel wrote.
  mutating func appendSocketAddress(_ address: UInt64, _ length: Int, _ isPointer: Bool, _ moment: CallMoment) {
    guard address != 0 else { return text.append("NULL") }
    var size = call.argument(length) & 0xffff_ffff
    if isPointer {
      guard let fields = fields(call.argument(length), 4, .exit) else { return text.append(pointer: address) }
      size = UInt64(fields.u32(0))
    }
    appendSocketAddress(address, size: size, moment)
  }

  mutating func appendSocketAddress(_ address: UInt64, size: UInt64, _ moment: CallMoment) {
    guard address != 0 else { return text.append("NULL") }
    let bytes = memory.read(address, Int(min(size, 128)), moment)
    guard bytes.count >= 2 else { return text.append(pointer: address) }
    let fields = Fields(bytes: bytes)
    let family = UInt64(fields.u16(0))
    text.append("{")
    table.constants["addressFamily"].appendOne(family, to: &text)
    switch family {
    case 1: appendUnixPath(fields)
    case 2 where bytes.count >= 8:
      text.append(", ")
      for index in 0..<4 {
        if index > 0 { text.append(".") }
        text.append(decimal: UInt64(fields.u8(4 + index)))
      }
      appendPort(fields)
    case 10 where bytes.count >= 24:
      text.append(", [")
      appendInternetAddress6(fields, 8)
      text.append("]")
      appendPort(fields)
      if bytes.count >= 28, fields.u32(24) != 0 { appendField("scope", UInt64(fields.u32(24))) }
    case 16 where bytes.count >= 12:
      appendField("pid", UInt64(fields.u32(4)))
      text.append(", groups=")
      text.append(hexadecimal: UInt64(fields.u32(8)))
    default:
      if bytes.count > 2 {
        text.append(", ")
        text.append(quoted: fields.slice(2, limits.text), isCut: bytes.count - 2 > limits.text)
      }
    }
    text.append("}")
  }

  /// A path, or, where the first byte is zero, an abstract name, which is shown with an at sign (man 7 unix).
  private mutating func appendUnixPath(_ fields: Fields) {
    guard fields.count > 2 else { return }
    text.append(", ")
    if fields.u8(2) == 0 {
      text.append("@")
      text.append(quoted: fields.slice(3, 107))
    } else {
      text.append(quoted: fields.slice(2, 108).prefix { $0 != 0 })
    }
  }

  private mutating func appendPort(_ fields: Fields) {
    text.append(":")
    text.append(decimal: UInt64(fields.u8(2)) << 8 | UInt64(fields.u8(3)))
  }

  /// RFC 5952: the longest run of zero groups is left out.
  mutating func appendInternetAddress6(_ fields: Fields, _ offset: Int) {
    let groups = (0..<8).map { UInt64(fields.u8(offset + $0 * 2)) << 8 | UInt64(fields.u8(offset + $0 * 2 + 1)) }
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > best.count, end - start > 1 { best = start..<end }
      start = max(end, start + 1)
    }
    for index in 0..<8 where !best.contains(index) {
      if index > 0 && index != best.upperBound { text.append(":") }
      if index == best.upperBound && !best.isEmpty { text.append("::") }
      if groups[index] == 0 {
        text.append("0")
      } else {
        var part = CallText()
        part.append(hexadecimal: groups[index])
        text.append(bytes: Array(part.bytes.dropFirst(2)))
      }
    }
    if best.upperBound == 8 { text.append("::") }
  }

  /// The value of a socket's option: most are numbers.
  mutating func appendOption(_ address: UInt64, _ length: Int, _ isPointer: Bool, _ moment: CallMoment) {
    guard address != 0 else { return text.append("NULL") }
    var size = call.argument(length) & 0xffff_ffff
    if isPointer {
      guard let fields = fields(call.argument(length), 4, .exit) else { return text.append(pointer: address) }
      size = UInt64(fields.u32(0))
    }
    if size == 4, let fields = fields(address, 4, moment) { return appendNumbers([Int64(fields.i32(0))]) }
    appendBytes(address, count: size, moment)
  }

  /// struct user_msghdr (include/linux/socket.h): the name, the parts and the flags.
  mutating func appendMessage(_ fields: Fields, _ moment: CallMoment) {
    text.append("{")
    if fields.u64(0) != 0 {
      text.append("name=")
      appendSocketAddress(fields.u64(0), size: UInt64(fields.u32(8)), moment)
      text.append(", ")
    }
    text.append("parts=")
    appendVectors(fields.u64(16), fields.u64(24), moment)
    if fields.u64(40) != 0 { appendField("control", fields.u64(40)) }
    if moment == .exit || fields.u32(48) != 0 {
      text.append(", flags=")
      table.constants["message"].appendFlags(UInt64(fields.u32(48)), to: &text)
    }
    text.append("}")
  }
}
