extension CallFrameSection {
  /// The rules of `entry`'s function at `address`: what the CIE's initial instructions and the FDE's
  /// instructions up to `address` make of them (DWARF 5, section 6.4.3).
  ///
  /// - Parameters:
  ///   - entry: an FDE that was read from this section.
  ///   - address: in the address space of the section, within the function.
  public func row(of entry: FrameDescriptionEntry, at address: UInt64) throws(CallFrameError) -> CallFrameRow {
    var interpreter = CallFrameInterpreter(entry.cie, start: entry.start, target: address)
    var initial = CallFrameReader(self, entry.cie.instructions)
    try interpreter.run(&initial)
    interpreter.initialRules = interpreter.row.rules
    var own = CallFrameReader(self, entry.instructions)
    try interpreter.run(&own)
    return interpreter.row
  }
}

/// Executes call frame instructions (DWARF 5, sections 6.4.2 and 7.24). Each takes at least a byte, so that
/// the work is bounded by the size of the entry.
struct CallFrameInterpreter {
  var row = CallFrameRow()
  /// The rules that DW_CFA_restore goes back to.
  var initialRules = InlineArray<35, RegisterRule>(repeating: .unspecified)
  private let codeAlignment: UInt64
  private let dataAlignment: Int64
  private let pointerEncoding: PointerEncoding
  private let target: UInt64
  private var location: UInt64
  private var remembered: [CallFrameRow] = []

  init(_ cie: CommonInformationEntry, start: UInt64, target: UInt64) {
    codeAlignment = cie.codeAlignment
    dataAlignment = cie.dataAlignment
    pointerEncoding = cie.pointerEncoding
    location = start
    self.target = target
  }

  /// Executes instructions until they end or speak of addresses beyond the target.
  mutating func run(_ reader: inout CallFrameReader) throws(CallFrameError) {
    while !reader.isAtEnd {
      let offset = reader.offset
      let opcode = try reader.u8()
      let operand = UInt64(opcode & 0x3f)
      switch opcode & 0xc0 {
      case 0x40: try advance(operand, offset)
      case 0x80: row[saved(operand)] = .offset(try scaled(try reader.uleb128(), offset))
      case 0xc0: restore(operand)
      default: try execute(opcode, &reader, offset)
      }
      if location > target { return }
    }
  }

  private mutating func execute(
    _ opcode: UInt8, _ reader: inout CallFrameReader, _ offset: Int
  ) throws(CallFrameError) {
    switch opcode {
    case 0x00: break  // DW_CFA_nop
    case 0x01: location = try reader.pointer(pointerEncoding)  // set_loc
    case 0x02: try advance(UInt64(try reader.u8()), offset)
    case 0x03: try advance(UInt64(try reader.integer(UInt16.self)), offset)
    case 0x04: try advance(UInt64(try reader.integer(UInt32.self)), offset)
    case 0x1d: try advance(try reader.integer(UInt64.self), offset)  // MIPS_advance_loc8
    case 0x05:  // offset_extended
      let register = try reader.uleb128()
      row[saved(register)] = .offset(try scaled(try reader.uleb128(), offset))
    case 0x06: restore(try reader.uleb128())  // restore_extended
    case 0x07: row[saved(try reader.uleb128())] = .undefined
    case 0x08: row[saved(try reader.uleb128())] = .sameValue
    case 0x09:  // register
      let register = try reader.uleb128()
      let source = try reader.uleb128()
      row[saved(register)] = UInt8(exactly: source).map(RegisterRule.register) ?? .undefined
    case 0x0a: try remember(offset)
    case 0x0b: try restoreState(offset)
    case 0x0c...0x0f, 0x12, 0x13: try executeCFA(opcode, &reader, offset)
    case 0x10: row[saved(try reader.uleb128())] = .expression(try reader.expression())
    case 0x16: row[saved(try reader.uleb128())] = .valueExpression(try reader.expression())
    case 0x11:  // offset_extended_sf
      let register = try reader.uleb128()
      row[saved(register)] = .offset(try scaled(try reader.sleb128(), offset))
    case 0x14:  // val_offset
      let register = try reader.uleb128()
      row[saved(register)] = .valueOffset(try scaled(try reader.uleb128(), offset))
    case 0x15:  // val_offset_sf
      let register = try reader.uleb128()
      row[saved(register)] = .valueOffset(try scaled(try reader.sleb128(), offset))
    // AARCH64_negate_ra_state_with_pc and AARCH64_negate_ra_state. The latter shares its number with
    // GNU_window_save of SPARC, whose register windows neither of our processors has.
    case 0x2c, 0x2d: row.returnAddressIsSigned.toggle()
    case 0x2e: _ = try reader.uleb128()  // GNU_args_size
    case 0x2f:  // GNU_negative_offset_extended
      let register = try reader.uleb128()
      let value = try scaled(try reader.uleb128(), offset)
      row[saved(register)] = .offset(0 &- value)
    default: throw .unknownInstruction(opcode, offset: offset)
    }
  }

  /// The instructions that define the CFA.
  private mutating func executeCFA(
    _ opcode: UInt8, _ reader: inout CallFrameReader, _ offset: Int
  ) throws(CallFrameError) {
    switch opcode {
    case 0x0c:  // def_cfa
      let register = try reader.uleb128()
      row.cfa = .registerAndOffset(register: register, offset: try signed(try reader.uleb128(), offset))
    case 0x12:  // def_cfa_sf
      let register = try reader.uleb128()
      row.cfa = .registerAndOffset(register: register, offset: try scaled(try reader.sleb128(), offset))
    case 0x0d:  // def_cfa_register
      let new = try reader.uleb128()
      guard case .registerAndOffset(_, let old) = row.cfa else { throw .cfaRule(offset: offset) }
      row.cfa = .registerAndOffset(register: new, offset: old)
    case 0x0e:  // def_cfa_offset
      let new = try signed(try reader.uleb128(), offset)
      guard case .registerAndOffset(let register, _) = row.cfa else { throw .cfaRule(offset: offset) }
      row.cfa = .registerAndOffset(register: register, offset: new)
    case 0x13:  // def_cfa_offset_sf
      let new = try scaled(try reader.sleb128(), offset)
      guard case .registerAndOffset(let register, _) = row.cfa else { throw .cfaRule(offset: offset) }
      row.cfa = .registerAndOffset(register: register, offset: new)
    default: row.cfa = .expression(try reader.expression())  // def_cfa_expression
    }
  }

  /// A register number as an index of a row, -1 where no rules are kept for it.
  private func saved(_ register: UInt64) -> Int {
    register < UInt64(CallFrameRow.registerCount) ? Int(register) : -1
  }

  private mutating func restore(_ register: UInt64) {
    guard register < UInt64(CallFrameRow.registerCount) else { return }
    row.rules[Int(register)] = initialRules[Int(register)]
  }

  private mutating func remember(_ offset: Int) throws(CallFrameError) {
    guard remembered.count < CallFrameRow.maximumRememberedStates else { throw .stateStack(offset: offset) }
    remembered.append(row)
  }

  private mutating func restoreState(_ offset: Int) throws(CallFrameError) {
    guard let last = remembered.popLast() else { throw .stateStack(offset: offset) }
    row = last
  }

  private mutating func advance(_ delta: UInt64, _ offset: Int) throws(CallFrameError) {
    let (step, tooLarge) = delta.multipliedReportingOverflow(by: codeAlignment)
    let (next, wraps) = location.addingReportingOverflow(step)
    guard !tooLarge, !wraps else { throw .overflow(offset: offset) }
    location = next
  }

  private func signed(_ value: UInt64, _ offset: Int) throws(CallFrameError) -> Int64 {
    guard let value = Int64(exactly: value) else { throw .overflow(offset: offset) }
    return value
  }

  private func scaled(_ value: UInt64, _ offset: Int) throws(CallFrameError) -> Int64 {
    try scaled(try signed(value, offset), offset)
  }

  private func scaled(_ value: Int64, _ offset: Int) throws(CallFrameError) -> Int64 {
    let (product, overflow) = value.multipliedReportingOverflow(by: dataAlignment)
    guard !overflow else { throw .overflow(offset: offset) }
    return product
  }
}
