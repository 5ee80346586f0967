internal import DWARF
internal import Machine

/// Takes one step at a time, by the first means that gives a caller.
struct UnwindEngine {
  let architecture: Architecture
  let memory: any TargetMemory
  let codePointerMask: UInt64
  let code: CodeMap
  private let tables: [ModuleCallFrames]
  var cache = RuleCache()
  private var budget = UnwindBudget()

  init(
    _ architecture: Architecture, _ modules: [UnwindModule], _ memory: any TargetMemory, _ codePointerMask: UInt64
  ) {
    self.architecture = architecture
    self.memory = memory
    self.codePointerMask = codePointerMask
    code = CodeMap(modules)
    tables = modules.map { ModuleCallFrames($0, memory: memory) }
  }

  // MARK: Rules

  /// The rule for `pc`, from the cache or compiled now.
  mutating func rule(_ pc: UInt64, _ isExact: Bool) -> UnwindRule {
    let cached = cache.rule(pc, isExact)
    guard cached.kind == .empty else { return cached }
    var rule = compile(pc, isExact)
    rule.pc = pc
    rule.isExact = isExact
    cache.insert(rule)
    return rule
  }

  private mutating func compile(_ pc: UInt64, _ isExact: Bool) -> UnwindRule {
    var rule = UnwindRule()
    rule.kind = .notCode
    // A return address is looked up by its call; a trampoline's was made by the kernel, without a call. The
    // kernel, or an emulator, may put a trampoline into memory that belongs to no module.
    let isTrampoline = SignalTrampoline(architecture).contains(pc, memory, isExact: isExact)
    let address = isExact || isTrampoline ? pc : pc &- 1
    guard let module = code.module(containing: address) else {
      if isTrampoline { rule.kind = .signalTrampoline }
      return rule
    }
    let match = tables[module].match(containing: address)
    let start = match.map { $0.description.start &+ $0.bias } ?? 0
    if isTrampoline {
      rule.kind = .signalTrampoline
    } else if let match {
      rule = compile(match, address)
    } else {
      rule.kind = .noInformation
    }
    rule.functionStart = start
    return rule
  }

  private mutating func compile(_ match: ModuleCallFrames.Match, _ address: UInt64) -> UnwindRule {
    var none = UnwindRule()
    none.kind = .noInformation
    let cie = match.description.cie
    guard budget.allowsInterpreting(match.description) else { return none }
    let row: CallFrameRow
    do throws(CallFrameError) {
      row = try match.section.row(of: match.description, at: address &- match.bias)
    } catch {
      return none
    }
    guard let register = Int(exactly: cie.returnAddressRegister), register < CallFrameRow.registerCount else {
      return none
    }
    let compiler = RuleCompiler(architecture: architecture)
    if !cie.isSignalFrame, let fast = compiler.fastRule(row, returnAddressRegister: register) { return fast }
    var rule = UnwindRule()
    rule.kind = .full
    rule.fullRuleIndex = cache.insert(
      FullRule(
        row: row, section: match.section, returnAddressRegister: register, isSignalFrame: cie.isSignalFrame))
    return rule
  }

  // MARK: Steps

  /// Gives the frame at the cursor and moves the cursor to its caller.
  mutating func step(_ cursor: inout StackCursor) -> Frame? {
    guard cursor.ending == nil else { return nil }
    guard let pc = cursor.registers.instructionPointer(architecture),
      let stackPointer = cursor.registers.stackPointer(architecture)
    else {
      cursor.ending = .noRegisters
      return nil
    }
    let rule = rule(pc, cursor.isExact)
    if !cursor.isExact && (pc == 0 || rule.kind == .notCode) {
      cursor.ending = pc == 0 ? .outermost : .notCode(pc: pc)
      return nil
    }
    let here = (number: cursor.number, isExact: cursor.isExact, provenance: cursor.provenance)
    let (cfa, isTrampoline) = move(&cursor, rule, pc, stackPointer)
    return Frame(
      number: here.number, pc: pc, isExact: here.isExact, cfa: cfa, stackPointer: stackPointer,
      functionStart: rule.functionStart, provenance: here.provenance, isSignalTrampoline: isTrampoline)
  }

  /// Moves the cursor to the caller, or sets its ending.
  ///
  /// - Returns: the CFA of the frame that was left, 0 where it is not known, and whether it is a trampoline.
  private mutating func move(
    _ cursor: inout StackCursor, _ rule: UnwindRule, _ pc: UInt64, _ stackPointer: UInt64
  ) -> (cfa: UInt64, isTrampoline: Bool) {
    var finding = Finding.none
    var isTrampoline = false
    switch rule.kind {
    case .fast: finding = apply(rule, cursor)
    case .full:
      let full = cache.fullRules[Int(rule.fullRuleIndex)]
      isTrampoline = full.isSignalFrame
      finding = apply(full, cursor)
    case .signalTrampoline:
      isTrampoline = true
      finding = interrupted(cursor, pc, stackPointer)
    case .noInformation, .notCode, .empty: break
    }
    if case .none = finding {
      finding = fallback(cursor, pc: pc, isCode: rule.kind != .notCode)
    }
    return (settle(finding, &cursor, pc), isTrampoline)
  }

  /// What a means came to.
  enum Finding {
    /// It does not apply here; the next one is tried.
    case none
    case caller(Caller)
    /// The walk ends at this frame, whose CFA is given where it is known.
    case ending(StackWalk.Ending, cfa: UInt64)
  }

  /// - Returns: the CFA.
  private func settle(_ finding: Finding, _ cursor: inout StackCursor, _ pc: UInt64) -> UInt64 {
    switch finding {
    case .none:
      cursor.ending = code.module(containing: pc) == nil ? .notCode(pc: pc) : .noRule(pc: pc)
      return 0
    case .ending(let ending, let cfa):
      cursor.ending = ending
      return cfa
    case .caller(let caller):
      enter(caller, &cursor)
      return caller.cfa
    }
  }

  /// Moves the cursor to `caller` if that is progress.
  private func enter(_ caller: Caller, _ cursor: inout StackCursor) {
    guard let next = caller.registers.stackPointer(architecture) else {
      cursor.ending = .noProgress(cfa: caller.cfa)
      return
    }
    if cursor.progress.isWithinSegment(next, mayStay: cursor.isExact) {
      cursor.progress.advance(to: next)
    } else {
      let returnAddress = caller.registers.instructionPointer(architecture) ?? 0
      let isProved = caller.isExact || returnAddress == 0 || callSite.isPlausible(returnAddress)
      guard caller.maySwitchStacks, isProved, cursor.progress.beginSegment(at: next, memory) else {
        cursor.ending = .noProgress(cfa: caller.cfa)
        return
      }
    }
    cursor.registers = caller.registers
    cursor.isExact = caller.isExact
    cursor.provenance = caller.provenance
    cursor.stackPointerIsBound = caller.stackPointerIsBound
    cursor.number += 1
  }

  /// A return address as it was before it was signed.
  func stripped(_ address: UInt64, isSigned: Bool = false) -> UInt64 {
    guard isSigned, codePointerMask == 0 else { return address & ~codePointerMask }
    return address & ~architecture.defaultCodePointerMask
  }

  // MARK: Call frame information

  private func apply(_ rule: UnwindRule, _ cursor: StackCursor) -> Finding {
    guard let cfa = canonicalFrameAddress(rule, cursor) else { return .none }
    var caller = cursor.registers
    caller.keep(only: rule.keptRegisters)
    for index in 0..<Int(rule.savedCount) {
      let address = cfa &+ UInt64(bitPattern: Int64(rule.savedOffsets[index]) * 8)
      guard let value = memory.word(at: address) else { return .ending(.unreadable(address: address), cfa: cfa) }
      caller[Int(rule.savedRegisters[index])] = value
    }
    let returnAddress: UInt64
    switch rule.returnAddress {
    case .undefined: return .ending(.outermost, cfa: cfa)
    case .linkRegister:
      guard let link = architecture.linkRegister, let value = cursor.registers[link] else { return .none }
      returnAddress = value
    case .saved:
      let address = cfa &+ UInt64(bitPattern: Int64(rule.returnAddressOffset) * 8)
      guard let value = memory.word(at: address) else { return .ending(.unreadable(address: address), cfa: cfa) }
      returnAddress = value
    }
    caller[architecture.stackPointerRegister] = cfa
    caller[architecture.instructionPointerRegister] = stripped(returnAddress, isSigned: rule.isSigned)
    return .caller(
      Caller(registers: caller, cfa: cfa, provenance: .callFrameInformation, maySwitchStacks: true))
  }

  /// The CFA by `rule`. Where the stack pointer is not known exactly, the frame record of aarch64 tells it: the
  /// frame pointer is the address where the rule says that the caller's frame pointer and link register are saved.
  private func canonicalFrameAddress(_ rule: UnwindRule, _ cursor: StackCursor) -> UInt64? {
    guard cursor.stackPointerIsBound, Int(rule.cfaRegister) == architecture.stackPointerRegister else {
      return cursor.registers[Int(rule.cfaRegister)].map { $0 &+ UInt64(bitPattern: Int64(rule.cfaOffset)) }
    }
    guard let record = cursor.registers.framePointer(architecture), rule.returnAddress == .saved,
      let index = (0..<Int(rule.savedCount)).first(where: {
        Int(rule.savedRegisters[$0]) == architecture.framePointerRegister
      }), rule.savedOffsets[index] == rule.returnAddressOffset &- 1
    else { return nil }
    let cfa = record &- UInt64(bitPattern: Int64(rule.savedOffsets[index]) * 8)
    return cfa >= cursor.progress.stackPointer ? cfa : nil
  }

  private mutating func apply(_ rule: FullRule, _ cursor: StackCursor) -> Finding {
    // What a full rule computes from the stack pointer would be wrong.
    guard !cursor.stackPointerIsBound else { return .none }
    do throws(FullRule.Failure) {
      let outcome = try rule.apply(
        to: cursor.registers, architecture, memory, budget: &budget.expressionOperations)
      guard let returnAddress = outcome.returnAddress else { return .ending(.outermost, cfa: outcome.cfa) }
      var caller = outcome.registers
      caller[architecture.instructionPointerRegister] = stripped(
        returnAddress, isSigned: rule.row.returnAddressIsSigned)
      return .caller(
        Caller(
          registers: caller, cfa: outcome.cfa, provenance: rule.isSignalFrame ? .signalFrame : .callFrameInformation,
          isExact: rule.isSignalFrame, maySwitchStacks: true))
    } catch .unreadable(let address) {
      return .ending(.unreadable(address: address), cfa: 0)
    } catch {
      return .none
    }
  }

  // MARK: Signal frames

  private func interrupted(_ cursor: StackCursor, _ pc: UInt64, _ stackPointer: UInt64) -> Finding {
    do throws(FullRule.Failure) {
      let registers = try SignalTrampoline(architecture).interruptedRegisters(stackPointer, memory)
      return .caller(
        Caller(
          registers: registers, cfa: registers.stackPointer(architecture) ?? 0, provenance: .signalFrame,
          isExact: true, maySwitchStacks: true))
    } catch .unreadable(let address) {
      return .ending(.unreadable(address: address), cfa: 0)
    } catch {
      return .none
    }
  }
}
