import Bytes
import DWARF
import TestSupport
import Testing

@Suite("DWARF expressions")
struct DWARFExpressionTests {
  /// Registers have 100 times their number; memory at 0x1000 holds the bytes 1, 2, 3 and so on.
  struct Context: ExpressionContext {
    func register(_ number: UInt64) -> UInt64? { number < 40 ? number * 100 : nil }
    func memory(at address: UInt64, size: Int) -> UInt64? {
      guard address >= 0x1000, address < 0x1010 else { return nil }
      return (0..<UInt64(size)).reduce(0) { $0 | (address - 0x1000 + $1 + 1) << (8 * $1) }
    }
  }

  func evaluate(_ bytes: [UInt8], initial: UInt64? = nil) throws(ExpressionError) -> UInt64 {
    var budget = 10_000
    return try DWARFExpression(ByteView(bytes)).evaluate(initial: initial, in: Context(), budget: &budget)
  }

  @Test(
    "compute what DWARF 5, section 2.5.1, says",
    arguments: [
      ("addr", [0x03] + little(0x1234_5678_9abc, 8), 0x1234_5678_9abc),
      ("const1u", [0x08, 0xff], 255), ("const1s", [0x09, 0xff], .max), ("const2u", [0x0a, 1, 2], 0x201),
      ("const2s", [0x0b, 0xfe, 0xff], .max - 1), ("const4u", [0x0c] + little(0xdead_beef, 4), 0xdead_beef),
      ("const4s", [0x0d] + little(0xffff_fffe, 4), .max - 1), ("const8u", [0x0e] + little(77, 8), 77),
      ("const8s", [0x0f] + little(.max, 8), .max), ("constu", [0x10, 0x80, 1], 128), ("consts", [0x11, 0x7f], .max),
      ("dup", [0x33, 0x12, 0x22], 6), ("drop", [0x33, 0x34, 0x13], 3), ("over", [0x33, 0x34, 0x14], 3),
      ("pick", [0x33, 0x34, 0x35, 0x15, 2], 3), ("swap", [0x33, 0x34, 0x16], 3),
      ("rot", [0x33, 0x34, 0x35, 0x17], 4), ("rot twice down", [0x33, 0x34, 0x35, 0x17, 0x13, 0x13], 5),
      ("abs", [0x09, 0xfb, 0x19], 5), ("abs of the least", [0x0e] + little(1 << 63, 8) + [0x19], 1 << 63),
      ("and", [0x3c, 0x3a, 0x1a], 8), ("div", [0x09, 0xf9, 0x32, 0x1b], UInt64(bitPattern: -3)),
      ("div overflow", [0x0e] + little(1 << 63, 8) + [0x09, 0xff, 0x1b], 1 << 63),
      ("minus", [0x33, 0x35, 0x1c], UInt64(bitPattern: -2)), ("mod", [0x37, 0x34, 0x1d], 3),
      ("mul", [0x37, 0x34, 0x1e], 28),
      ("neg", [0x31, 0x1f], .max), ("not", [0x30, 0x20], .max), ("or", [0x3c, 0x33, 0x21], 15),
      ("plus", [0x37, 0x34, 0x22], 11),
      ("plus_uconst", [0x37, 0x23, 0x80, 1], 135), ("shl", [0x31, 0x38, 0x24], 256),
      ("shl by 64", [0x31, 0x08, 64, 0x24], 0),
      ("shr", [0x09, 0xff, 0x08, 60, 0x25], 15), ("shra", [0x09, 0xf0, 0x32, 0x26], UInt64(bitPattern: -4)),
      ("shra by 200", [0x09, 0xf0, 0x08, 200, 0x26], .max), ("xor", [0x3c, 0x3a, 0x27], 6),
      ("eq", [0x33, 0x33, 0x29], 1), ("ge", [0x09, 0xff, 0x30, 0x2a], 0), ("gt", [0x31, 0x09, 0xff, 0x2b], 1),
      ("le", [0x33, 0x33, 0x2c], 1), ("lt", [0x09, 0xff, 0x30, 0x2d], 1), ("ne", [0x33, 0x33, 0x2e], 0),
      ("skip", [0x35, 0x2f, 1, 0, 0x13], 5), ("bra taken", [0x35, 0x31, 0x28, 1, 0, 0x13], 5),
      ("bra not taken", [0x35, 0x36, 0x30, 0x28, 1, 0, 0x13], 5), ("lit31", [0x4f], 31),
      ("breg6", [0x76, 0x78], 592), ("bregx", [0x92, 33, 8], 3308), ("nop", [0x96, 0x33], 3),
      ("deref", [0x0a, 0, 0x10, 0x06], 0x0807_0605_0403_0201), ("deref_size", [0x0a, 1, 0x10, 0x94, 2], 0x0302),
      ("a loop of ten turns", [0x30, 0x3a, 0x31, 0x1c, 0x16, 0x23, 3, 0x16, 0x12, 0x28, 0xf6, 0xff, 0x13], 30),
    ] as [(String, [UInt8], UInt64)])
  func operations(_ name: String, _ bytes: [UInt8], _ expected: UInt64) throws {
    let value = try evaluate(bytes)
    #expect(value == expected)
  }

  @Test("begin with the CFA where they compute a register")
  func initial() throws {
    let value = try evaluate([0x23, 8], initial: 1000)
    #expect(value == 1008)
  }

  @Test("stop when the budget that they share is used up")
  func budget() {
    var budget = 5
    let expression = DWARFExpression(ByteView([0x31, 0x31, 0x22] as [UInt8]))
    var values: [UInt64?] = []
    for _ in 0..<2 {
      do throws(ExpressionError) {
        values.append(try expression.evaluate(initial: nil, in: Context(), budget: &budget))
      } catch {
        values.append(error == .tooManySteps ? nil : 0)
      }
    }
    #expect(values == [2, nil])
    #expect(budget == 0)
  }

  @Test(
    "without a value say why",
    arguments: [
      ([], .stackUnderflow(offset: 0)), ([0x22], .stackUnderflow(offset: 0)),
      ([0x31, 0x22], .stackUnderflow(offset: 1)),
      ([0x31, 0x15, 1], .stackUnderflow(offset: 1)), ([0x31, 0x17], .stackUnderflow(offset: 1)),
      ([0x08], .truncated(offset: 0)), ([0x31, 0x0e, 1, 2], .truncated(offset: 1)),
      ([0x10, 0x80], .truncated(offset: 0)),
      ([0x31, 0x30, 0x1b], .divisionByZero(offset: 2)), ([0x31, 0x30, 0x1d], .divisionByZero(offset: 2)),
      ([0x92, 50, 0], .unknownRegister(50)), ([0x30, 0x06], .unreadable(address: 0)),
      ([0x31, 0x94, 3], .unsupportedOperation(0x94, offset: 1)), ([0x00], .unsupportedOperation(0, offset: 0)),
      // DW_OP_reg0, DW_OP_call_frame_cfa and DW_OP_fbreg are not allowed in call frame information.
      ([0x50], .unsupportedOperation(0x50, offset: 0)), ([0x9c], .unsupportedOperation(0x9c, offset: 0)),
      ([0x91, 0], .unsupportedOperation(0x91, offset: 0)),
      ([0x2f, 0xfd, 0xff], .tooManySteps), ([0x2f, 0xfc, 0xff], .jumpOutside(offset: 3)),
      ([0x2f, 1, 0], .jumpOutside(offset: 3)),
      ([0x31, 0x2f, 0xfc, 0xff], .stackOverflow(offset: 0)),
    ] as [([UInt8], ExpressionError)])
  func failures(_ bytes: [UInt8], _ expected: ExpressionError) {
    var thrown: ExpressionError?
    do throws(ExpressionError) { _ = try evaluate(bytes) } catch { thrown = error }
    #expect(thrown == expected)
  }
}
