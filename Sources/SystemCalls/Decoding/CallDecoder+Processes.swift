extension CallDecoder {
  /// `[INT TERM]`, and `~[...]` with those that are missing where most are there.
  mutating func appendSignalSet(_ mask: UInt64) {
    let isMost = mask.nonzeroBitCount > 32
    let shown = isMost ? ~mask : mask
    text.append(isMost ? "~[" : "[")
    var isFirst = true
    for number in 1...64 where shown & 1 << UInt64(number - 1) != 0 {
      if !isFirst { text.append(" ") }
      isFirst = false
      if let name = table.constants["signal"].name(of: UInt64(number)) {
        text.append(bytes: Array(name.dropFirst(3)))
      } else {
        text.append("RT_")
        text.append(decimal: UInt64(max(0, number - 32)))
      }
    }
    text.append("]")
  }

  /// The kernel's struct sigaction: on x86-64 with a restorer, on aarch64 with one too, in the same order
  /// (arch/x86/include/asm/signal.h; include/linux/signal_types.h).
  mutating func appendSignalAction(_ fields: Fields) {
    text.append("{handler=")
    switch fields.u64(0) {
    case 0: text.append("SIG_DFL")
    case 1: text.append("SIG_IGN")
    case let handler: text.append(hexadecimal: handler)
    }
    text.append(", mask=")
    appendSignalSet(fields.u64(24))
    text.append(", flags=")
    table.constants["signalAction"].appendFlags(fields.u64(8) & 0xffff_ffff, to: &text)
    text.append("}")
  }

  mutating func appendAlternateStack(_ fields: Fields) {
    text.append("{address=")
    text.append(pointer: fields.u64(0))
    text.append(", flags=")
    table.constants["alternateStack"].appendFlags(UInt64(fields.u32(8)), to: &text)
    appendField("size", fields.u64(16))
    text.append("}")
  }

  /// What `wait` tells (man 2 wait).
  mutating func appendWaitStatus(_ status: UInt32) {
    text.append("[")
    switch status & 0x7f {
    case 0:
      text.append("exited ")
      text.append(decimal: UInt64(status >> 8 & 0xff))
    case 0x7f where status == 0xffff: text.append("continued")
    case 0x7f:
      text.append("stopped by ")
      appendSignal(UInt64(status >> 8 & 0xff))
      if status >> 16 != 0 {
        text.append(", event ")
        text.append(decimal: UInt64(status >> 16))
      }
    case let signal:
      text.append("killed by ")
      appendSignal(UInt64(signal))
      if status & 0x80 != 0 { text.append(", core dumped") }
    }
    text.append("]")
  }

  /// include/uapi/linux/sched.h, struct clone_args.
  mutating func appendCloneArguments(_ address: UInt64, _ moment: CallMoment) {
    guard let fields = fields(address, 64, moment) else { return text.append(pointer: address) }
    text.append("{flags=")
    table.constants["clone"].appendFlags(fields.u64(0), to: &text)
    text.append(", exit_signal=")
    appendSignal(fields.u64(32))
    let rest: [(StaticString, Int)] = [
      (", pidfd=", 8), (", child_tid=", 16), (", parent_tid=", 24), (", stack=", 40), (", stack_size=", 48),
      (", tls=", 56),
    ]
    for (name, offset) in rest where fields.u64(offset) != 0 {
      text.append(name)
      text.append(hexadecimal: fields.u64(offset))
    }
    text.append("}")
  }

  /// getgroups: as many as the result says.
  mutating func appendIdentifiers(_ address: UInt64) {
    let count = UInt64(clamping: call.value ?? 0)
    guard address != 0, call.argument(0) != 0 else { return text.append(pointer: address) }
    let bytes = memory.read(address, Int(min(count, UInt64(limits.elements))) * 4, .exit)
    let fields = Fields(bytes: bytes)
    appendList(shown: bytes.count / 4, of: count) { decoder, index in
      decoder.text.append(decimal: UInt64(fields.u32(index * 4)))
    }
  }

  /// The processors of a mask: `[0-3, 8]`. sched_getaffinity gives its size as the result.
  mutating func appendProcessorMask(_ address: UInt64, _ size: UInt64, _ moment: CallMoment) {
    let size = moment == .exit ? min(size, UInt64(clamping: call.value ?? 0)) : size
    let bytes = memory.read(address, Int(min(size, 128)), moment)
    guard address != 0, !bytes.isEmpty else { return text.append(pointer: address) }
    var runs: [ClosedRange<Int>] = []
    for (index, byte) in bytes.enumerated() where byte != 0 {
      for bit in 0..<8 where byte & 1 << UInt8(bit) != 0 {
        let number = index * 8 + bit
        if let last = runs.last, last.upperBound == number - 1 {
          runs[runs.count - 1] = last.lowerBound...number
        } else {
          runs.append(number...number)
        }
      }
    }
    appendList(shown: min(runs.count, limits.elements), of: UInt64(runs.count)) { decoder, index in
      decoder.text.append(decimal: UInt64(runs[index].lowerBound))
      guard runs[index].count > 1 else { return }
      decoder.text.append("-")
      decoder.text.append(decimal: UInt64(runs[index].upperBound))
    }
  }

  /// prctl's second argument: a name, a signal, or a number.
  mutating func appendPrctlArgument(_ value: UInt64) {
    // PR_SET_PDEATHSIG, PR_SET_NAME, PR_GET_NAME (include/uapi/linux/prctl.h).
    switch call.argument(0) {
    case 1: appendSignal(value)
    case 15: appendText(value, .entry, limit: 16)
    case 16 where call.value != nil: appendText(value, .exit, limit: 16)
    default: text.append(hexadecimal: value)
    }
  }
}
