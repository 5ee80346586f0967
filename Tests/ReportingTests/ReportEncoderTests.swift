import Foundation
import TestSupport
import Testing

@testable import Reporting

@Suite("A report as JSON")
struct ReportEncoderTests {
  private func json(_ value: some Encodable) throws -> String {
    try Collected.text { try ReportEncoder.encode(value, to: $0) }
  }

  @Test("can be read back, and is the same again")
  func roundTrip() throws {
    let text = try json(SampleReport.race)
    let again = try JSONDecoder().decode(Report.self, from: Data(text.utf8))
    #expect(try json(again) == text)
    #expect(again.stacks.count == 4)
    #expect(again.fault?.address == 0x220)
  }

  @Test("has its keys in the order of the schema")
  func order() throws {
    #expect(
      try json(SampleReport.bare) == """
        {"schemaVersion":1,"tool":{"name":"inquest","version":"\(Product.version)"},\
        "input":{"kind":"core","path":"core"},"process":{"arguments":[],"threadCount":0},"earlierFaults":[],\
        "findings":[],"nextSteps":[],\
        "stacks":[],"clues":[],"registers":[],"disassembly":[],"mappings":[],"modules":[],"shortfalls":[]}

        """)
  }

  @Test(
    "holds any text",
    arguments: ["", "\"\\/\n\r\t\u{8}\u{0}\u{1f}", "\u{1b}[31m\u{7f}\u{9b}", "\u{202e}\u{2028}\u{fffd}😀漢字\u{10ffff}"])
  func strings(text: String) throws {
    let encoded = try json([text])
    #expect(try JSONDecoder().decode([String].self, from: Data(encoded.utf8)) == [text])
    #expect(encoded.dropLast().unicodeScalars.allSatisfy(Escaping.isHarmless))
  }

  @Test("holds any number", arguments: [0, 1, .max, 1 << 63] as [UInt64])
  func numbers(number: UInt64) throws {
    #expect(try json([number]) == "[\(number)]\n")
    #expect(try json([HexAddress(number)]) == "[\"0x\(String(number, radix: 16))\"]\n")
    #expect(try json([Int64(bitPattern: number)]) == "[\(Int64(bitPattern: number))]\n")
  }

  @Test("writes nested containers in whatever way they are asked for")
  func nesting() throws {
    struct Odd: Encodable {
      enum Keys: String, CodingKey { case a, b, c }
      func encode(to encoder: any Encoder) throws {
        var outer = encoder.container(keyedBy: Keys.self)
        var list = outer.nestedUnkeyedContainer(forKey: .a)
        try list.encode(1)
        var inner = list.nestedContainer(keyedBy: Keys.self)
        try inner.encodeNil(forKey: .b)
        try inner.encode(Double.nan, forKey: .c)
        try list.encode(true)
        try outer.encode("x", forKey: .b)
        try outer.encode(-1.5, forKey: .c)
      }
    }
    #expect(try json(Odd()) == "{\"a\":[1,{\"b\":null,\"c\":null},true],\"b\":\"x\",\"c\":-1.5}\n")
  }

  @Test("is handed on in pieces")
  func pieces() throws {
    let whole = try json(SampleReport.race)
    let pieces = try Collected.text(pieceSize: 16) { try ReportEncoder.encode(SampleReport.race, to: $0) }
    #expect(whole == pieces)
  }

  @Test("keeps to its schema")
  func schema() throws {
    var deep = SampleReport.race
    deep.stacks.append(SampleReport.deep)
    deep.signature = ReportedSignature(parts: ["environment-race", "getenv"])
    try Schema.check(json(deep))
    try Schema.check(json(SampleReport.bare))
  }

  @Test("is refused by its schema where a field has another type")
  func schemaRefuses() throws {
    let text = try json(SampleReport.race).replacingOccurrences(of: "\"address\":\"0x220\"", with: "\"address\":544")
    #expect(throws: PreparationError.self) { try Schema.check(text) }
  }
}

@Suite("A signature")
struct SignatureTests {
  @Test("is the same for the same parts only")
  func hashes() {
    let signature = ReportedSignature(parts: ["null-dereference", "f"])
    #expect(signature.hash == ReportedSignature(parts: ["null-dereference", "f"]).hash)
    #expect(signature.hash != ReportedSignature(parts: ["null-dereferencef"]).hash)
    #expect(signature.hash.utf8.count == 16)
  }
}
