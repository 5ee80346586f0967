internal import Machine

extension UnwindEngine {
  /// How many words a scan looks at.
  private static var scannedWords: UInt64 { 1024 }

  /// The nearest word on the stack that can be a return address: it lies in code behind a call, what it calls is
  /// code, and, where call frame information says where the next one must be, that one can be a return address too.
  mutating func callerByScan(_ cursor: StackCursor) -> Caller? {
    let lowest = max(cursor.progress.stackPointer, cursor.progress.readableStart)
    let start = (lowest &+ 7) & ~7
    guard start >= lowest else { return nil }
    let site = callSite
    for index in 0..<Self.scannedWords {
      let address = start &+ index * 8
      guard address >= start, address < cursor.progress.limit, let word = memory.word(at: address) else { return nil }
      let target = stripped(word, isSigned: true)
      guard site.isProved(target), site.directTarget(target).map({ code.module(containing: $0) != nil }) ?? true
      else { continue }
      var registers = RegisterSet()
      registers[architecture.stackPointerRegister] = address &+ 8
      registers[architecture.instructionPointerRegister] = target
      registers[architecture.framePointerRegister] = framePointer(savedAt: address, cursor)
      let caller = Caller(
        registers: registers, cfa: address &+ 8, provenance: .scan, stackPointerIsBound: architecture == .aarch64)
      if leadsOn(caller, target) { return caller }
    }
    return nil
  }

  /// The caller's frame pointer: saved below the return address, or not changed since. Zero marks the outermost
  /// frame, and stays.
  private func framePointer(savedAt address: UInt64, _ cursor: StackCursor) -> UInt64? {
    if address >= 8, let saved = memory.word(at: address - 8), saved > address, saved < cursor.progress.limit,
      saved % 8 == 0
    {
      return saved
    }
    guard let current = cursor.registers.framePointer(architecture), current > address || current == 0 else {
      return nil
    }
    return current
  }

  /// Whether the rule for what a scan found, if it depends on the stack pointer alone, leads to a return address.
  private mutating func leadsOn(_ caller: Caller, _ pc: UInt64) -> Bool {
    let rule = rule(pc, false)
    switch rule.kind {
    case .notCode, .signalTrampoline, .empty: return false
    case .noInformation, .full: return true
    case .fast: break
    }
    guard rule.returnAddress == .saved, Int(rule.cfaRegister) == architecture.stackPointerRegister,
      !caller.stackPointerIsBound, let stackPointer = caller.registers.stackPointer(architecture)
    else { return true }
    let cfa = stackPointer &+ UInt64(bitPattern: Int64(rule.cfaOffset))
    let address = cfa &+ UInt64(bitPattern: Int64(rule.returnAddressOffset) * 8)
    guard let next = memory.word(at: address) else { return false }
    return next == 0 || callSite.isPlausible(stripped(next, isSigned: rule.isSigned))
  }
}
