/// A siginfo in words (include/uapi/asm-generic/siginfo.h).
package enum SignalDescription {
  /// Appends `{signal=SIGSEGV, code=SEGV_MAPERR, address=0x10}`; nothing is believed of bytes that are not there.
  package static func append(_ bytes: ArraySlice<UInt8>, _ constants: ConstantTables, to text: inout CallText) {
    let fields = Fields(bytes: bytes)
    let signal = fields.i32(0)
    let code = fields.i32(8)
    text.append("{signal=")
    appendSignal(signal, constants, to: &text)
    text.append(", code=")
    if let name = codeName(signal, code, constants) {
      text.append(bytes: name)
    } else {
      text.append(signed: Int64(code))
    }
    switch signal {
    case 4, 5, 7, 8, 11:
      if code > 0 && code != 0x80 {
        text.append(", address=")
        text.append(pointer: fields.u64(16))
      } else {
        appendSender(fields, to: &text)
      }
    case 17 where code > 0:
      appendSender(fields, to: &text)
      text.append(", status=")
      // CLD_EXITED carries a status, the others a signal.
      if code == 1 {
        text.append(signed: Int64(fields.i32(24)))
      } else {
        appendSignal(fields.i32(24), constants, to: &text)
      }
    default: appendSender(fields, to: &text)
    }
    text.append("}")
  }

  /// SIGTERM, SIGRT_3, or the number.
  package static func appendSignal(_ number: Int32, _ constants: ConstantTables, to text: inout CallText) {
    if let name = constants["signal"].name(of: UInt64(UInt32(bitPattern: number))) {
      text.append(bytes: name)
    } else if (32...64).contains(number) {
      text.append("SIGRT_")
      text.append(decimal: UInt64(number - 32))
    } else {
      text.append(signed: Int64(number))
    }
  }

  /// SI_KERNEL, SI_TIMER and SI_SIGIO name no sender.
  private static func appendSender(_ fields: Fields, to text: inout CallText) {
    let code = fields.i32(8)
    guard code != 0x80, code != -2, code != -5 else { return }
    text.append(", pid=")
    text.append(signed: Int64(fields.i32(16)))
    text.append(", uid=")
    text.append(decimal: UInt64(fields.u32(20)))
  }

  private static func codeName(_ signal: Int32, _ code: Int32, _ constants: ConstantTables) -> [UInt8]? {
    let extended = UInt64(bitPattern: Int64(code))
    if let name = constants["signalCode"].name(of: extended) { return name }
    let names: [String] =
      switch signal {
      case 4: ["ILL_ILLOPC", "ILL_ILLOPN", "ILL_ILLADR", "ILL_ILLTRP", "ILL_PRVOPC", "ILL_PRVREG", "ILL_COPROC"]
      case 5: ["TRAP_BRKPT", "TRAP_TRACE", "TRAP_BRANCH", "TRAP_HWBKPT"]
      case 7: ["BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR", "BUS_MCEERR_AR", "BUS_MCEERR_AO"]
      case 8: ["FPE_INTDIV", "FPE_INTOVF", "FPE_FLTDIV", "FPE_FLTOVF", "FPE_FLTUND", "FPE_FLTRES", "FPE_FLTINV"]
      case 11: ["SEGV_MAPERR", "SEGV_ACCERR", "SEGV_BNDERR", "SEGV_PKUERR"]
      case 17: ["CLD_EXITED", "CLD_KILLED", "CLD_DUMPED", "CLD_TRAPPED", "CLD_STOPPED", "CLD_CONTINUED"]
      default: []
      }
    let index = Int(code) - 1
    return names.indices.contains(index) ? Array(names[index].utf8) : nil
  }
}
