extension CallDecoder {
  /// struct pollfd: a descriptor, what is asked, what came of it.
  mutating func appendPolls(_ address: UInt64, _ count: UInt64, _ moment: CallMoment) {
    let count = count & 0xffff_ffff
    let bytes = memory.read(address, Int(min(count, UInt64(limits.elements))) * 8, moment)
    guard address != 0, bytes.count >= 8 || count == 0 else { return text.append(pointer: address) }
    let fields = Fields(bytes: bytes)
    let known = bytes.count / 8
    if moment == .exit {
      let ready = (0..<known).filter { fields.u16($0 * 8 + 6) != 0 }
      return appendList(shown: ready.count, of: UInt64(ready.count)) { decoder, index in
        decoder.appendPoll(fields, ready[index] * 8, eventsAt: 6)
      }
    }
    appendList(shown: known, of: count) { decoder, index in decoder.appendPoll(fields, index * 8, eventsAt: 4) }
  }

  private mutating func appendPoll(_ fields: Fields, _ offset: Int, eventsAt: Int) {
    text.append("{")
    text.append(signed: Int64(fields.i32(offset)))
    text.append(", ")
    table.constants["poll"].appendFlags(UInt64(fields.u16(offset + eventsAt)), to: &text)
    text.append("}")
  }

  /// struct epoll_event: 12 bytes on x86-64, where it is packed, 16 elsewhere.
  mutating func appendEvents(_ address: UInt64, _ moment: CallMoment) {
    let count = UInt64(clamping: call.value ?? 0)
    let stride = isAArch64 ? 16 : 12
    let bytes = memory.read(address, Int(min(count, UInt64(limits.elements))) * stride, moment)
    guard address != 0, count == 0 || !bytes.isEmpty else { return text.append(pointer: address) }
    let fields = Fields(bytes: bytes)
    appendList(shown: bytes.count / stride, of: count) { decoder, index in
      decoder.appendEvent(fields, index * stride)
    }
  }

  mutating func appendEvent(_ fields: Fields, _ offset: Int) {
    text.append("{")
    table.constants["epollEvents"].appendFlags(UInt64(fields.u32(offset)), to: &text)
    text.append(", data=")
    text.append(hexadecimal: fields.u64(offset + (isAArch64 ? 8 : 4)))
    text.append("}")
  }

  /// The descriptors in a set of select's.
  mutating func appendDescriptorSet(_ address: UInt64, _ count: UInt64, _ moment: CallMoment) {
    let most = min(count & 0xffff_ffff, 1024)
    let bytes = memory.read(address, Int((most + 63) / 64 * 8), moment)
    guard address != 0, !bytes.isEmpty else { return text.append(pointer: address) }
    let fields = Fields(bytes: bytes)
    let members = (0..<Int(most)).filter { fields.u8($0 / 8) & 1 << UInt8($0 % 8) != 0 }
    appendList(shown: min(members.count, limits.elements), of: UInt64(members.count)) { decoder, index in
      decoder.text.append(decimal: UInt64(members[index]))
    }
  }

  /// The names of a folder's entries (struct linux_dirent64, include/linux/dirent.h; struct linux_dirent, fs/readdir.c).
  mutating func appendEntries(_ address: UInt64, _ width: Int) {
    let size = UInt64(clamping: call.value ?? 0)
    guard address != 0, size > 0 else { return text.append(size == 0 ? "[]" : "NULL") }
    let bytes = memory.read(address, Int(min(size, 32768)), .exit)
    guard !bytes.isEmpty else { return text.append(pointer: address) }
    let fields = Fields(bytes: bytes)
    let nameAt = width == 64 ? 19 : 18
    var starts: [Int] = []
    var offset = 0
    while offset + nameAt < bytes.count {
      let length = Int(fields.u16(offset + 16))
      guard length > nameAt else { break }
      starts.append(offset)
      offset += length
    }
    let isAll = UInt64(bytes.count) == size
    let shown = min(starts.count, limits.elements)
    appendList(shown: shown, of: UInt64(isAll ? starts.count : shown)) { decoder, index in
      let length = Int(fields.u16(starts[index] + 16)) - nameAt
      decoder.text.append(quoted: fields.slice(starts[index] + nameAt, length).prefix { $0 != 0 })
    }
    if !isAll { text.append("...") }
  }

  /// fcntl's third argument, by the command (include/uapi/asm-generic/fcntl.h).
  mutating func appendFcntlArgument(_ value: UInt64) {
    switch call.argument(1) {
    case 0, 1030: text.append(signed: Int64(Int32(truncatingIfNeeded: value)))
    case 2: table.constants["descriptorFlags"].appendFlags(value, to: &text)
    case 4: appendOpenFlags(value)
    case 5, 36: appendLock(value, call.value == nil ? .entry : .exit)
    case 6, 7, 37, 38: appendLock(value, .entry)
    case 10: appendSignal(value)
    case 1024: appendOneOf("lockType", value)
    default: text.append(hexadecimal: value)
    }
  }

  private mutating func appendOneOf(_ name: String, _ value: UInt64) {
    table.constants[name].appendOne(value, to: &text)
  }

  /// struct flock.
  private mutating func appendLock(_ address: UInt64, _ moment: CallMoment) {
    guard let fields = fields(address, 32, moment) else { return text.append(pointer: address) }
    text.append("{")
    appendOneOf("lockType", UInt64(fields.u16(0)))
    text.append(", ")
    appendOneOf("seek", UInt64(fields.u16(2)))
    text.append(", start=")
    text.append(signed: fields.i64(8))
    text.append(", length=")
    text.append(signed: fields.i64(16))
    if call.argument(1) == 5 || call.argument(1) == 36 {
      text.append(", pid=")
      text.append(signed: Int64(fields.i32(24)))
    }
    text.append("}")
  }

  /// ioctl's third argument, of the few requests that everybody makes.
  mutating func appendIoctlArgument(_ value: UInt64) {
    // TIOCGWINSZ, TIOCSWINSZ, FIONREAD, FIONBIO, TIOCGPGRP, TIOCSPGRP.
    switch call.argument(1) & 0xffff_ffff {
    case 0x5413: appendWindow(value, .exit)
    case 0x5414: appendWindow(value, .entry)
    case 0x541b, 0x540f: appendNumberAt(value, .exit)
    case 0x5421, 0x5410: appendNumberAt(value, .entry)
    default: text.append(hexadecimal: value)
    }
  }

  private mutating func appendNumberAt(_ address: UInt64, _ moment: CallMoment) {
    guard moment == .entry || call.value != nil else { return text.append(pointer: address) }
    appendStructure(address, .int32, moment)
  }

  private mutating func appendWindow(_ address: UInt64, _ moment: CallMoment) {
    guard moment == .entry || call.value != nil, let fields = fields(address, 8, moment) else {
      return text.append(pointer: address)
    }
    text.append("{")
    appendField("rows", UInt64(fields.u16(0)), isFirst: true)
    appendField("columns", UInt64(fields.u16(2)))
    text.append("}")
  }
}
