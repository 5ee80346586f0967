extension CallDecoder {
  /// Appends the structure at an address, or the address where not all of it is known.
  mutating func appendStructure(_ address: UInt64, _ structure: Structure, _ moment: CallMoment) {
    if structure == .string { return appendText(address, moment, limit: CallLimits.path) }
    let size = structure == .stat && isAArch64 ? 128 : structure == .epollEvent && !isAArch64 ? 12 : structure.size
    guard let fields = fields(address, size, moment) else { return text.append(pointer: address) }
    switch structure {
    case .stat: appendStat(fields)
    case .statx: appendStatx(fields)
    case .statfs: appendStatfs(fields)
    case .timespec: appendTime(fields, 0, fraction: "nsec")
    case .timeval: appendTime(fields, 0, fraction: "usec")
    case .timespec2: appendPair(fields, fraction: "nsec")
    case .timeval2: appendPair(fields, fraction: "usec")
    case .timePair:
      text.append("{actime=")
      text.append(signed: fields.i64(0))
      text.append(", modtime=")
      text.append(signed: fields.i64(8))
      text.append("}")
    case .itimerval: appendInterval(fields, fraction: "usec")
    case .itimerspec: appendInterval(fields, fraction: "nsec")
    case .rlimit: appendLimit(fields)
    case .rusage: appendUsage(fields)
    case .sigset: appendSignalSet(fields.u64(0))
    case .sigaction: appendSignalAction(fields)
    case .stack: appendAlternateStack(fields)
    case .siginfo: SignalDescription.append(fields.bytes, table.constants, to: &text)
    case .waitStatus: appendWaitStatus(fields.u32(0))
    case .int2: appendNumbers([Int64(fields.i32(0)), Int64(fields.i32(4))])
    case .int32: appendNumbers([Int64(fields.i32(0))])
    case .int64: appendNumbers([fields.i64(0)])
    case .pointer:
      text.append("[")
      text.append(pointer: fields.u64(0))
      text.append("]")
    case .msghdr: appendMessage(fields, moment)
    case .epollEvent: appendEvent(fields, 0)
    case .openHow: appendOpenHow(fields)
    case .utsname: appendSystemName(fields)
    case .sysinfo: appendSystemInformation(fields)
    case .string: break
    }
  }

  mutating func appendNumbers(_ numbers: [Int64]) {
    text.append("[")
    for (index, number) in numbers.enumerated() {
      if index > 0 { text.append(", ") }
      text.append(signed: number)
    }
    text.append("]")
  }

  /// Appends `name=value` after a comma where `isFirst` is false.
  mutating func appendField(_ name: StaticString, _ value: UInt64, isFirst: Bool = false) {
    if !isFirst { text.append(", ") }
    text.append(name)
    text.append("=")
    text.append(decimal: value)
  }

  private mutating func appendTime(_ fields: Fields, _ offset: Int, fraction: StaticString) {
    let part = fields.i64(offset + 8)
    // UTIME_NOW and UTIME_OMIT (include/linux/fs.h).
    if part == 0x3fff_ffff { return text.append("UTIME_NOW") }
    if part == 0x3fff_fffe { return text.append("UTIME_OMIT") }
    text.append("{sec=")
    text.append(signed: fields.i64(offset))
    text.append(", ")
    text.append(fraction)
    text.append("=")
    text.append(signed: part)
    text.append("}")
  }

  private mutating func appendPair(_ fields: Fields, fraction: StaticString) {
    text.append("[")
    appendTime(fields, 0, fraction: fraction)
    text.append(", ")
    appendTime(fields, 16, fraction: fraction)
    text.append("]")
  }

  private mutating func appendInterval(_ fields: Fields, fraction: StaticString) {
    text.append("{interval=")
    appendTime(fields, 0, fraction: fraction)
    text.append(", value=")
    appendTime(fields, 16, fraction: fraction)
    text.append("}")
  }

  /// include/uapi/linux/resource.h: RLIM64_INFINITY is ~0.
  private mutating func appendLimit(_ fields: Fields) {
    for (offset, name) in [(0, "{soft=" as StaticString), (8, ", hard=")] {
      text.append(name)
      let value = fields.u64(offset)
      if value == .max { text.append("RLIM_INFINITY") } else { text.append(decimal: value) }
    }
    text.append("}")
  }

  private mutating func appendUsage(_ fields: Fields) {
    text.append("{user=")
    appendTime(fields, 0, fraction: "usec")
    text.append(", system=")
    appendTime(fields, 16, fraction: "usec")
    appendField("maximum", fields.u64(32))
    text.append(" KiB}")
  }

  /// arch/x86/include/uapi/asm/stat.h; include/uapi/asm-generic/stat.h.
  private mutating func appendStat(_ fields: Fields) {
    text.append("{mode=")
    appendFileMode(UInt64(fields.u32(isAArch64 ? 16 : 24)))
    let mode = fields.u32(isAArch64 ? 16 : 24) & 0o170000
    if mode == 0o020000 || mode == 0o060000 {
      text.append(", device=")
      appendDevice(fields.u64(isAArch64 ? 32 : 40))
    } else {
      appendField("size", fields.u64(48))
    }
    text.append(", ...}")
  }

  /// include/uapi/linux/stat.h, struct statx.
  private mutating func appendStatx(_ fields: Fields) {
    text.append("{mask=")
    table.constants["statxMask"].appendFlags(UInt64(fields.u32(0)), to: &text)
    text.append(", mode=")
    appendFileMode(UInt64(fields.u16(28)))
    appendField("size", fields.u64(40))
    text.append(", ...}")
  }

  mutating func appendFileMode(_ mode: UInt64) {
    let kinds: [(UInt64, StaticString)] = [
      (0o140000, "S_IFSOCK"), (0o120000, "S_IFLNK"), (0o100000, "S_IFREG"), (0o060000, "S_IFBLK"),
      (0o040000, "S_IFDIR"), (0o020000, "S_IFCHR"), (0o010000, "S_IFIFO"),
    ]
    if let kind = kinds.first(where: { $0.0 == mode & 0o170000 }) {
      text.append(kind.1)
      text.append("|")
      text.append(octal: mode & 0o7777)
    } else {
      text.append(octal: mode)
    }
  }

  /// include/uapi/asm-generic/statfs.h.
  private mutating func appendStatfs(_ fields: Fields) {
    text.append("{type=")
    text.append(hexadecimal: fields.u64(0))
    appendField("block", fields.u64(8))
    appendField("blocks", fields.u64(16))
    appendField("free", fields.u64(24))
    appendField("available", fields.u64(32))
    text.append(", ...}")
  }

  private mutating func appendOpenHow(_ fields: Fields) {
    text.append("{flags=")
    appendOpenFlags(fields.u64(0))
    if fields.u64(8) != 0 {
      text.append(", mode=")
      text.append(octal: fields.u64(8))
    }
    if fields.u64(16) != 0 {
      text.append(", resolve=")
      table.constants["resolve"].appendFlags(fields.u64(16), to: &text)
    }
    text.append("}")
  }

  /// struct new_utsname: six texts of 65 bytes.
  private mutating func appendSystemName(_ fields: Fields) {
    text.append("{")
    for (index, name) in ["system=" as StaticString, ", node=", ", release="].enumerated() {
      text.append(name)
      text.append(quoted: fields.slice(index * 65, 65).prefix { $0 != 0 })
    }
    text.append(", ...}")
  }

  private mutating func appendSystemInformation(_ fields: Fields) {
    text.append("{")
    appendField("uptime", fields.u64(0), isFirst: true)
    appendField("memory", fields.u64(32))
    appendField("free", fields.u64(40))
    appendField("processes", UInt64(fields.u16(80)))
    text.append(", ...}")
  }
}
