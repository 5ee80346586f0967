import Testing

@testable import Reporting

@Suite("Text from a target")
struct EscapingTests {
  @Test(
    "is harmless once escaped",
    arguments: [
      ("plain", "plain"), ("a\tb\n", "a\\tb\\n"), ("\u{1b}[31m", "\\x1b[31m"), ("\u{0}", "\\x00"), ("\u{7f}", "\\x7f"),
      ("\u{9b}1m", "\\x9b1m"), ("\u{202e}abc", "\\u{202e}abc"), ("\u{2066}", "\\u{2066}"), ("\u{200b}", "\\u{200b}"),
      ("\u{2028}", "\\u{2028}"), ("\u{feff}", "\\u{feff}"), ("\u{e000}", "\\u{e000}"), ("\u{fffd}", "\u{fffd}"),
      ("größe", "größe"), ("漢字", "漢字"), ("C:\\x", "C:\\x"), ("a\r\nb", "a\\r\\nb"), ("e\u{301}", "e\\u{301}"),
    ])
  func escaping(text: String, expected: String) {
    #expect(Escaping.escaped(text) == expected)
  }

  @Test("has a width in columns", arguments: [("abc", 3), ("größe", 5), ("漢字", 4), ("", 0), ("😀", 2)])
  func width(text: String, columns: Int) {
    #expect(Escaping.width(text) == columns)
  }
}

@Suite("Long names")
struct NameCutterTests {
  @Test(
    "lose their innermost arguments first, then their beginning",
    arguments: [
      ("short", 20, "short"),
      ("std::map<std::string, std::vector<long long int>>::at", 50, "std::map<string, vector<long long int>>::at"),
      ("std::map<std::string, std::vector<long long int>>::at", 40, "std::map<string, vector<...>>::at"),
      ("<rustc_parse::parser::Parser>::parse_expr", 30, "<Parser>::parse_expr"),
      ("std::map<std::string, std::vector<long long int>>::at", 20, "std::map<...>::at"),
      ("<alloc::vec::Vec<u8> as core::fmt::Debug>::fmt", 30, "<Vec<u8> as Debug>::fmt"),
      ("<alloc::vec::Vec<u8> as core::fmt::Debug>::fmt", 20, "Vec::fmt"),
      ("f(std::vector<int, std::allocator<int>>, char const*)", 20, "f(...)"),
      ("operator<<(std::ostream&, std::string const&)", 24, "operator<<(...)"),
      ("a::operator()(std::vector<int>, long long) const", 30, "a::operator()(...) const"),
      (
        "run::{closure#0}::<fn(u32) -> core::option::Option<u32>>", 40,
        "run::{closure#0}::<fn(u32) -> Option<...>>"
      ),
      ("a_very_long_name_without_any_brackets_in_it", 20, "...ny_brackets_in_it"),
      ("unbalanced<<<<((((", 10, "...ed<...("),
    ])
  func cutting(name: String, width: Int, expected: String) {
    let cut = NameCutter.cut(name, to: width)
    if Escaping.width(expected) <= width { #expect(cut == expected) }
    #expect(Escaping.width(cut) <= width)
  }

  @Test("are cut in time that does not explode", arguments: ["<", "(", "<(", "a<b,", ">>>>", "operator<"])
  func hostile(piece: String) {
    let cut = NameCutter.cut(String(repeating: piece, count: 50_000), to: 80)
    #expect(Escaping.width(cut) <= 80)
  }
}

@Suite("Numbers for people")
struct QuantitiesTests {
  @Test(
    "are rounded down to what can be read",
    arguments: [
      (0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB"), (132 << 10, "132 KiB"),
      (8 << 20, "8 MiB"), ((8 << 20) - 1, "7.9 MiB"), (1 << 40, "1 TiB"), (.max, "15.9 EiB"),
    ] as [(UInt64, String)])
  func bytes(count: UInt64, text: String) {
    #expect(Quantities.bytes(count) == text)
  }

  @Test("have their thousands apart", arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-523_700, "-523,700")])
  func grouped(number: Int, text: String) {
    #expect(Quantities.grouped(number) == text)
  }
}

@Suite("The terminal")
struct TerminalFactsTests {
  @Test(
    "decides on colour and width",
    arguments: [
      (true, 120, ["TERM": "xterm"], true, 120), (true, 120, ["TERM": "xterm", "NO_COLOR": "1"], false, 120),
      (true, 120, ["TERM": "xterm", "NO_COLOR": ""], true, 120), (true, 0, ["TERM": "dumb"], false, 100),
      (true, 0, [:], false, 100), (false, 0, ["TERM": "xterm", "COLUMNS": "70"], false, 70),
      (false, 0, ["COLUMNS": "wide"], false, 100), (false, 0, ["COLUMNS": "-3"], false, 100),
      (true, 5, ["TERM": "xterm"], true, 40), (true, 9999, ["TERM": "xterm"], true, 200),
    ] as [(Bool, Int, [String: String], Bool, Int)])
  func layout(isTerminal: Bool, columns: Int, environment: [String: String], isColoured: Bool, width: Int) {
    let options = TerminalFacts(isTerminal: isTerminal, columns: columns) { environment[$0] }
      .options(isFull: false, showsAllStacks: false)
    #expect(options.isColoured == isColoured)
    #expect(options.width == width)
  }
}
