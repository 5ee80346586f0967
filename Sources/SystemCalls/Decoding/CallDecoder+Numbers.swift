extension CallDecoder {
  /// Appends an argument that is no address of anything that is shown.
  mutating func appendNumber(_ value: UInt64, _ kind: ArgumentKind) {
    switch kind {
    case .int: text.append(signed: Int64(Int32(truncatingIfNeeded: value)))
    case .uint: text.append(decimal: UInt64(UInt32(truncatingIfNeeded: value)))
    case .long: text.append(signed: Int64(bitPattern: value))
    case .size: text.append(decimal: value)
    case .hexadecimal: text.append(hexadecimal: value)
    case .pointer: text.append(pointer: value)
    case .descriptor: text.append(signed: Int64(Int32(truncatingIfNeeded: value)))
    case .folder: appendFolder(value)
    case .mode, .createMode: text.append(octal: value & 0xffff_ffff)
    case .identifier: text.append(signed: Int64(Int32(truncatingIfNeeded: value)))
    case .device: appendDevice(value)
    case .flags(let name): table.constants[name].appendFlags(value & flagMask(name), to: &text)
    case .one(let name): appendOne(value, name)
    default: appendSpecial(value, kind)
    }
  }

  /// Flags are int in nearly all calls: the kernel looks at 32 bits.
  private func flagMask(_ name: String) -> UInt64 { 0xffff_ffff }

  private mutating func appendOne(_ value: UInt64, _ name: String) {
    // Enumerations are int: negative ones are sign-extended, or not.
    let low = value & 0xffff_ffff
    let signed = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: value)))
    let constants = table.constants[name]
    if let text = constants.name(of: low) ?? constants.name(of: signed) {
      self.text.append(bytes: text)
    } else {
      text.append(hexadecimal: value)
    }
  }

  /// AT_FDCWD is -100 (include/uapi/linux/fcntl.h).
  private mutating func appendFolder(_ value: UInt64) {
    let number = Int32(truncatingIfNeeded: value)
    if number == -100 { text.append("AT_FDCWD") } else { text.append(signed: Int64(number)) }
  }

  /// A device's numbers, as the kernel packs them for programs (include/linux/kdev_t.h, new_encode_dev).
  mutating func appendDevice(_ value: UInt64) {
    text.append("makedev(")
    text.append(decimal: (value >> 8) & 0xfff | (value >> 32) & 0xffff_f000)
    text.append(", ")
    text.append(decimal: value & 0xff | (value >> 12) & 0xffff_ff00)
    text.append(")")
  }

  private mutating func appendSpecial(_ value: UInt64, _ kind: ArgumentKind) {
    let constants = table.constants
    switch kind {
    case .access:
      if value == 0 { text.append("F_OK") } else { constants["access"].appendFlags(value, to: &text) }
    case .open: appendOpenFlags(value)
    case .mapFlags: appendMapFlags(value)
    case .protection:
      if value == 0 { text.append("PROT_NONE") } else { constants["protection"].appendFlags(value, to: &text) }
    case .signal: appendSignal(value)
    case .clone: appendCloneFlags(value)
    case .flock: appendWithFlags(value, "flock", mask: 11, "flockFlags")
    case .ipc:
      if value & 0o7000 != 0 {
        constants["ipcFlags"].appendFlags(value & 0o7000, to: &text)
        text.append("|")
      }
      text.append(octal: value & 0o777)
    case .socketType: appendWithFlags(value, "socketType", mask: 15, "socketFlags")
    case .protocolNumber: appendProtocol(value)
    case .optionLevel: appendOptionLevel(value)
    case .socketOption: appendSocketOption(value)
    case .scheduler: appendOne(value, "scheduler")
    case .ioctlRequest: appendRequest(value)
    case .futexOperation: appendFutexOperation(value)
    case .futexValue: text.append(decimal: value & 0xffff_ffff)
    case .futexThird: text.append(hexadecimal: value & 0xffff_ffff)
    default: text.append(hexadecimal: value)
    }
  }

  private mutating func appendWithFlags(_ value: UInt64, _ name: String, mask: UInt64, _ flags: String) {
    appendOne(value & mask, name)
    let rest = value & 0xffff_ffff & ~mask
    if rest != 0 {
      text.append("|")
      table.constants[flags].appendFlags(rest, to: &text)
    }
  }

  mutating func appendOpenFlags(_ value: UInt64) {
    let value = value & 0xffff_ffff
    appendOne(value & 3, "openAccess")
    if value & ~3 != 0 {
      text.append("|")
      table.constants["open"].appendFlags(value & ~3, to: &text)
    }
  }

  /// The low bits are a type, not flags (include/uapi/linux/mman.h).
  private mutating func appendMapFlags(_ value: UInt64) {
    let value = value & 0xffff_ffff
    appendOne(value & 0xf, "mapType")
    let rest = value & ~0xf
    guard rest != 0 else { return }
    text.append("|")
    // The size of huge pages is a number in the upper bits (MAP_HUGE_SHIFT).
    let huge = rest & 0x40000 != 0 ? rest >> 26 : 0
    if rest & ~(huge << 26) != 0 { table.constants["map"].appendFlags(rest & ~(huge << 26), to: &text) }
    if huge != 0 {
      text.append("|")
      text.append(decimal: huge)
      text.append("<<MAP_HUGE_SHIFT")
    }
  }

  /// SIGTERM; SIGRT_3 for a real-time signal; 0 stays 0.
  mutating func appendSignal(_ value: UInt64) {
    let number = Int32(truncatingIfNeeded: value)
    if let name = table.constants["signal"].name(of: UInt64(UInt32(bitPattern: number))) {
      text.append(bytes: name)
    } else if (32...64).contains(number) {
      text.append("SIGRT_")
      text.append(decimal: UInt64(number - 32))
    } else {
      text.append(signed: Int64(number))
    }
  }

  /// The low byte is the signal at the child's end (man 2 clone).
  mutating func appendCloneFlags(_ value: UInt64) {
    let signal = value & 0xff
    if value & ~0xff != 0 { table.constants["clone"].appendFlags(value & ~0xff, to: &text) }
    if signal != 0 || value == 0 {
      if value & ~0xff != 0 { text.append("|") }
      appendSignal(signal)
    }
  }

  private mutating func appendProtocol(_ value: UInt64) {
    // The table names the internet's protocols; other families count their own.
    let family = call.argument(0)
    if family == 2 || family == 10 { appendOne(value, "protocol") } else { text.append(decimal: value & 0xffff_ffff) }
  }

  private mutating func appendOptionLevel(_ value: UInt64) {
    let constants = table.constants
    if let name = constants["optionLevel"].name(of: value) ?? constants["protocol"].name(of: value) {
      text.append(bytes: name)
    } else {
      text.append(decimal: value)
    }
  }

  private mutating func appendSocketOption(_ value: UInt64) {
    switch call.argument(1) {
    case 1: appendOne(value, "socketOption")
    case 6: appendOne(value, "tcpOption")
    case 0: appendOne(value, "timeToLive")
    case 41: appendOne(value, "ip6Option")
    default: text.append(decimal: value & 0xffff_ffff)
    }
  }

  /// Names where the headers have one; else what the number itself tells (include/uapi/asm-generic/ioctl.h).
  private mutating func appendRequest(_ value: UInt64) {
    let value = value & 0xffff_ffff
    if let name = table.constants["ioctl"].name(of: value) { return text.append(bytes: name) }
    let direction = value >> 30
    guard direction != 0 else { return text.append(hexadecimal: value) }
    text.append(direction == 3 ? "_IOWR(" : direction == 1 ? "_IOW(" : "_IOR(")
    text.append(hexadecimal: value >> 8 & 0xff)
    text.append(", ")
    text.append(hexadecimal: value & 0xff)
    text.append(", ")
    text.append(decimal: value >> 16 & 0x3fff)
    text.append(")")
  }
}
