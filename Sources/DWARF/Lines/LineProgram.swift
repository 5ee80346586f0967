internal import Bytes

/// A row of the line table: the place in the source of the instructions from one address on.
struct LineRow: Sendable {
  /// An index of the header's files.
  var file: UInt64
  var line: UInt64
  var column: UInt64
}

/// Runs a line number program for many addresses at once (DWARF 5, section 6.2.5). No table of rows is kept.
struct LineProgram {
  private let header: LineHeader
  private let section: ByteView
  private let budget: WorkBudget

  init(_ header: LineHeader, _ section: ByteView, _ budget: WorkBudget) {
    self.header = header
    self.section = section
    self.budget = budget
  }

  /// The machine's registers.
  private struct State {
    var address: UInt64 = 0
    var operation: UInt64 = 0
    var row = LineRow(file: 1, line: 1, column: 0)
  }

  /// The row of each of `addresses`, which are the linker's, sorted and distinct; nil where no sequence
  /// contains it. Where several rows contain an address the last is taken, as they come in one sequence.
  ///
  /// What was found before an error in the program is kept; `problem` is that error.
  func rows(for addresses: [UInt64]) -> (rows: [LineRow?], problem: DebugInfoError?) {
    var matcher = RowMatcher(addresses)
    var problem: DebugInfoError?
    do throws(DebugInfoError) {
      try budget.spend(header.end - header.program)
      try run(&matcher)
    } catch {
      problem = error
    }
    return (matcher.found, problem)
  }

  private func run(_ matcher: inout RowMatcher) throws(DebugInfoError) {
    guard let bytes = section.slice(header.program, header.end - header.program) else {
      throw .badReference(UInt64(header.program))
    }
    var cursor = Cursor(bytes.span)
    var state = State()
    do throws(ByteError) {
      while !cursor.isAtEnd {
        let opcode = try cursor.u8()
        if opcode >= header.opcodeBase {
          special(opcode - header.opcodeBase, &state)
          matcher.row(state.address, state.row)
        } else if opcode == 0 {
          try extended(&cursor, &state, &matcher)
        } else {
          try standard(opcode, &cursor, &state, &matcher)
        }
      }
    } catch {
      throw .bytes(error)
    }
  }

  @inline(__always)
  private func special(_ adjusted: UInt8, _ state: inout State) {
    guard header.lineRange != 0 else { return }
    let value = UInt64(adjusted)
    advance(value / header.lineRange, &state)
    state.row.line &+= UInt64(bitPattern: header.lineBase &+ Int64(value % header.lineRange))
  }

  @inline(__always)
  private func advance(_ operations: UInt64, _ state: inout State) {
    if header.maximumOperations == 1 {
      state.address &+= header.minimumInstructionLength &* operations
    } else {
      let sum = state.operation &+ operations
      state.address &+= header.minimumInstructionLength &* (sum / header.maximumOperations)
      state.operation = sum % header.maximumOperations
    }
  }

  private func standard(
    _ opcode: UInt8, _ cursor: inout Cursor, _ state: inout State, _ matcher: inout RowMatcher
  ) throws(ByteError) {
    switch opcode {
    case 1: matcher.row(state.address, state.row)  // DW_LNS_copy
    case 2: advance(try cursor.uleb128(), &state)  // advance_pc
    case 3: state.row.line &+= UInt64(bitPattern: try cursor.sleb128())  // advance_line
    case 4: state.row.file = try cursor.uleb128()  // set_file
    case 5: state.row.column = try cursor.uleb128()  // set_column
    case 6, 7, 10, 11: break  // negate_stmt, set_basic_block, set_prologue_end, set_epilogue_begin
    case 8:  // const_add_pc
      if header.lineRange != 0 { advance(UInt64(255 &- header.opcodeBase) / header.lineRange, &state) }
    case 9:  // fixed_advance_pc
      state.address &+= UInt64(try cursor.u16())
      state.operation = 0
    case 12: _ = try cursor.uleb128()  // set_isa
    default:
      // An opcode of a later standard: its operands are all LEB128 (DWARF 5, section 6.2.5.2).
      let count = header.operandCounts.load(UInt8.self, at: Int(opcode) - 1) ?? 0
      for _ in 0..<count { _ = try cursor.uleb128() }
    }
  }

  private func extended(
    _ cursor: inout Cursor, _ state: inout State, _ matcher: inout RowMatcher
  ) throws(ByteError) {
    let length = try cursor.uleb128()
    guard let size = Int(exactly: length), size <= cursor.remaining else {
      throw .endOfBytes(offset: cursor.offset, wanted: Int(clamping: length))
    }
    guard size > 0 else { return }
    let end = cursor.offset + size
    switch try cursor.u8() {
    case 1:  // DW_LNE_end_sequence
      matcher.endSequence(state.address)
      state = State()
    case 2:  // set_address
      let width = size - 1
      guard width == 4 || width == 8 else { break }
      state.address = try cursor.unsigned(size: width)
      state.operation = 0
    default: break  // define_file, set_discriminator, vendors'
    }
    try cursor.seek(to: end)
  }
}

/// Puts the rows of a line program, as they come, to the addresses that are looked for.
private struct RowMatcher {
  let addresses: [UInt64]
  var found: [LineRow?]
  private var last: (address: UInt64, row: LineRow)?
  /// The first address that no row of this sequence has passed; meaningless where `last` is nil.
  private var next = 0
  /// Whether the sequence belongs to code that the linker threw away.
  private var isDiscarded = false

  init(_ addresses: [UInt64]) {
    self.addresses = addresses
    found = Array(repeating: nil, count: addresses.count)
  }

  @inline(__always)
  mutating func row(_ address: UInt64, _ row: LineRow) {
    if let last {
      pass(from: last, to: address)
    } else {
      begin(address)
    }
    last = (address, row)
  }

  mutating func endSequence(_ address: UInt64) {
    if let last { pass(from: last, to: address) }
    last = nil
  }

  private mutating func begin(_ address: UInt64) {
    isDiscarded = address <= 1 || address >= UInt64.max - 1
    var (low, high) = (0, addresses.count)
    while low < high {
      let middle = (low + high) / 2
      if addresses[middle] < address { low = middle + 1 } else { high = middle }
    }
    next = low
  }

  /// Gives the row before to the addresses up to, without, `end`. Rows of a sequence ascend (DWARF 5, section
  /// 6.2.5); a row that goes back begins anew.
  @inline(__always)
  private mutating func pass(from before: (address: UInt64, row: LineRow), to end: UInt64) {
    guard end >= before.address else { return begin(end) }
    while next < addresses.count, addresses[next] < end {
      if !isDiscarded, found[next] == nil { found[next] = before.row }
      next += 1
    }
  }
}
