import Bytes
import DWARF
import TestSupport
import Testing

@Suite("Call frame instructions")
struct CallFrameInterpreterTests {
  static let start: UInt64 = 0x1000

  /// The row at `offset` of a function of 256 bytes. The CIE says: CFA = r7 + 8, r16 at CFA - 8, r3 undefined.
  func row(
    _ instructions: [UInt8], at offset: UInt64 = 255, codeAlignment: UInt64 = 1, version: UInt8 = 1
  ) throws(CallFrameError) -> CallFrameRow {
    var writer = CallFrameWriter()
    let cie = writer.cie(
      version: version, codeAlignment: codeAlignment,
      instructions: CFA.defCFA(7, 8) + CFA.offset(16, 1) + CFA.undefined(3))
    let fde = writer.fde(cie: cie, start: Self.start, size: 256, instructions: instructions)
    let section = CallFrameSection(.ehFrame, bytes: ByteView(writer.bytes))
    return try section.row(of: try section.frameDescription(at: fde), at: Self.start + offset)
  }

  @Test(
    "give each register the rule that the standard says",
    arguments: [
      (CFA.offset(6, 2), 6, .offset(-16)),
      (CFA.offsetExtended(6, 2), 6, .offset(-16)),
      (CFA.offsetExtendedSigned(6, -2), 6, .offset(16)),
      (CFA.negativeOffsetExtended(6, 2), 6, .offset(16)),
      (CFA.sameValue(6), 6, .sameValue),
      (CFA.undefined(6), 6, .undefined),
      (CFA.register(6, 12), 6, .register(12)),
      (CFA.valueOffset(6, 3), 6, .valueOffset(-24)),
      (CFA.valueOffsetSigned(6, -3), 6, .valueOffset(24)),
      (CFA.offset(3, 4) + CFA.restore(3), 3, .undefined),
      (CFA.offset(3, 4) + CFA.restoreExtended(3), 3, .undefined),
      (CFA.offset(6, 4) + CFA.restore(6), 6, .unspecified),
      (CFA.argumentsSize(64) + CFA.offset(6, 1), 6, .offset(-8)),
      (CFA.offset(60, 1) + CFA.offset(6, 1), 6, .offset(-8)),
    ] as [([UInt8], Int, RegisterRule)])
  func registerRules(_ instructions: [UInt8], _ register: Int, _ expected: RegisterRule) throws {
    let row = try row(instructions)
    #expect(row[register] == expected)
    #expect(row[16] == .offset(-8))
  }

  @Test(
    "define the CFA",
    arguments: [
      ([], 7, 8),
      (CFA.defCFA(6, 16), 6, 16),
      (CFA.defCFARegister(6), 6, 8),
      (CFA.defCFAOffset(32), 7, 32),
      (CFA.defCFASigned(6, -2), 6, 16),
      (CFA.defCFAOffsetSigned(-4), 7, 32),
    ] as [([UInt8], UInt64, Int64)])
  func cfa(_ instructions: [UInt8], _ register: UInt64, _ offset: Int64) throws {
    let row = try row(instructions)
    #expect(row.cfa == .registerAndOffset(register: register, offset: offset))
  }

  @Test(
    "hold from their address on, and not one byte before",
    arguments: [
      (CFA.advance(5), 1, 5), (CFA.advance1(200), 1, 200), (CFA.advance2(0x81), 1, 0x81), (CFA.advance4(0x90), 1, 0x90),
      (CFA.setLocation(0x1042), 1, 0x42), (CFA.advance(5), 4, 20), ([0x1d] + little(7, 8), 2, 14),
    ] as [([UInt8], UInt64, UInt64)])
  func locations(_ advance: [UInt8], _ codeAlignment: UInt64, _ offset: UInt64) throws {
    let instructions = advance + CFA.defCFAOffset(16)
    let before = try row(instructions, at: offset - 1, codeAlignment: codeAlignment)
    let after = try row(instructions, at: offset, codeAlignment: codeAlignment)
    #expect(before.cfa == .registerAndOffset(register: 7, offset: 8))
    #expect(after.cfa == .registerAndOffset(register: 7, offset: 16))
  }

  @Test("remember and restore the CFA and all registers, as often as they are nested")
  func states() throws {
    let instructions =
      CFA.rememberState + CFA.defCFAOffset(16) + CFA.offset(6, 2) + CFA.rememberState + CFA.defCFA(6, 48)
      + CFA.offset(12, 3)
      + CFA.advance(1) + CFA.restoreState + CFA.advance(1) + CFA.restoreState
    let inner = try row(instructions, at: 0)
    let middle = try row(instructions, at: 1)
    let outer = try row(instructions, at: 2)
    #expect(inner.cfa == .registerAndOffset(register: 6, offset: 48))
    #expect(inner[12] == .offset(-24))
    #expect(middle.cfa == .registerAndOffset(register: 7, offset: 16))
    #expect(middle[12] == .unspecified)
    #expect(middle[6] == .offset(-16))
    #expect(outer.cfa == .registerAndOffset(register: 7, offset: 8))
    #expect(outer[6] == .unspecified)
  }

  @Test("toggle whether the return address is signed", arguments: [CFA.negateRAState, CFA.negateRAStateWithPC])
  func signing(_ negate: [UInt8]) throws {
    let once = try row(negate).returnAddressIsSigned
    let twice = try row(negate + negate).returnAddressIsSigned
    #expect(once)
    #expect(!twice)
  }

  @Test("refer to expressions where they lie")
  func expressions() throws {
    var writer = CallFrameWriter()
    let cie = writer.cie(instructions: CFA.defCFA(7, 8))
    let fde = writer.fde(
      cie: cie, start: 0x1000, size: 16,
      instructions: CFA.defCFAExpression([0x77, 0x10, 0x06]) + CFA.expression(6, [0x23, 0x08])
        + CFA.valueExpression(3, [0x23, 0x10]))
    let section = CallFrameSection(.ehFrame, bytes: ByteView(writer.bytes))
    let row = try section.row(of: try section.frameDescription(at: fde), at: 0x1000)
    guard case .expression(let cfa) = row.cfa, case .expression(let saved) = row[6],
      case .valueExpression(let value) = row[3]
    else {
      Issue.record("no expressions")
      return
    }
    #expect(section.expression(cfa)?.array == [0x77, 0x10, 0x06])
    #expect(section.expression(saved)?.array == [0x23, 0x08])
    #expect(section.expression(value)?.array == [0x23, 0x10])
  }

  @Test(
    "are refused where they make no sense",
    arguments: [
      (CFA.restoreState, CallFrameError.stateStack(offset: 0)),
      (Array(repeating: 0x0a as UInt8, count: 65), .stateStack(offset: 64)),
      ([0x3f], .unknownInstruction(0x3f, offset: 0)),
      ([0x17], .unknownInstruction(0x17, offset: 0)),
      (CFA.defCFAExpression([0x30]) + CFA.defCFAOffset(8), .cfaRule(offset: 3)),
      (CFA.defCFA(7, .max), .overflow(offset: 0)),
      (CFA.offsetExtended(6, .max), .overflow(offset: 0)),
      (CFA.offsetExtendedSigned(6, .min), .overflow(offset: 0)),
      ([0x1d] + little(.max, 8), .overflow(offset: 0)),
    ])
  func refused(_ instructions: [UInt8], _ expected: CallFrameError) throws {
    var thrown: CallFrameError?
    do throws(CallFrameError) { _ = try row(instructions) } catch { thrown = error }
    // Offsets count from the section's first byte. The FDE's instructions come behind a CIE of 28 bytes, 8 bytes of
    // header, 16 of addresses and 1 of augmentation data.
    let base = 28 + 8 + 16 + 1
    let shifted: CallFrameError =
      switch expected {
      case .stateStack(let offset): .stateStack(offset: base + offset)
      case .unknownInstruction(let opcode, let offset): .unknownInstruction(opcode, offset: base + offset)
      case .cfaRule(let offset): .cfaRule(offset: base + offset)
      case .overflow(let offset): .overflow(offset: base + offset)
      default: expected
      }
    #expect(thrown == shifted)
  }

  @Test(
    "that end in the middle are refused", arguments: [[0x02], [0x0c, 0x80], [0x0f, 0x7f], [0x10, 0x06]] as [[UInt8]])
  func truncated(_ instructions: [UInt8]) throws {
    // Fill the entry up, so that no padding follows.
    let padding = Array(repeating: 0 as UInt8, count: (8 - (instructions.count + 5) % 8) % 8)
    var thrown = false
    do throws(CallFrameError) { _ = try row(padding + instructions) } catch { thrown = true }
    #expect(thrown)
  }
}
