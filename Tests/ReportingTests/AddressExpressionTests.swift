import Machine
import Testing

@testable import Reporting

@Suite("An address as people write it")
struct AddressExpressionTests {
  @Test(
    "is a number, a symbol or a register, and an offset",
    arguments: [
      ("0x7f12", .number(0x7f12), 0), ("4096", .number(4096), 0), ("0x10+8", .number(16), 8),
      ("0x10-0x8", .number(16), 0 &- 8), ("getenv", .symbol("getenv"), 0), ("getenv+172", .symbol("getenv"), 172),
      ("$sp", .register("sp"), 0), ("$rbp-0x18", .register("rbp"), 0 &- 0x18),
      ("std::vector<int>::at", .symbol("std::vector<int>::at"), 0), ("operator+", .symbol("operator+"), 0),
      ("_start", .symbol("_start"), 0),
    ] as [(String, AddressExpression.Base, UInt64)])
  func parsing(text: String, base: AddressExpression.Base, offset: UInt64) {
    let expression = AddressExpression(text)
    #expect(expression?.base == base)
    #expect(expression?.offset == offset)
  }

  @Test("is refused where it is none", arguments: ["", "$", "0x", "12ab", "0xffffffffffffffffff", "1+"])
  func refusing(text: String) {
    #expect(AddressExpression(text) == nil)
  }

  @Test("knows registers by name and by what they do")
  func registers() {
    #expect(Examination.register("sp", .x86_64) == 7)
    #expect(Examination.register("rsp", .x86_64) == 7)
    #expect(Examination.register("lr", .x86_64) == nil)
    #expect(Examination.register("lr", .aarch64) == 30)
    #expect(Examination.register("x19", .aarch64) == 19)
    #expect(Examination.register("rax", .aarch64) == nil)
  }
}
