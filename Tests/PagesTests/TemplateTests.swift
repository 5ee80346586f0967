import Testing

@testable import Pages
@testable import Reporting

@Suite("Templates")
struct TemplateTests {
  private func render(_ source: String, _ value: TemplateValue, _ partial: String = "") throws -> String {
    var bytes: [UInt8] = []
    let output = ByteOutput { bytes += $0 }
    let templates = ["page": try Template(Array(source.utf8)), "part": try Template(Array(partial.utf8))]
    Rendering(templates, output).write("page", value)
    output.flush()
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(
    "fill in variables, sections, lists and partials",
    arguments: [
      ("a {{x}} b", "a 1 b"), ("{{ x }}", "1"), ("{{no}}", ""), ("{{! a word }}x", "x"),
      ("{{#list}}<{{.}}>{{/list}}", "<p><q>"), ("{{#none}}x{{/none}}", ""), ("{{^none}}x{{/none}}", "x"),
      ("{{^list}}x{{/list}}", ""), ("{{#flag}}y{{/flag}}{{^flag}}n{{/flag}}", "y"), ("{{#x}}{{.}}{{/x}}", "1"),
      ("{{#inner}}{{x}} {{y}}{{/inner}}", "2 3"), ("{{#inner}}{{outer}}{{/inner}}", "o"), ("{{>part}}!", "[1]!"),
      ("{{#list}}\n{{.}}\n{{/list}}\nend", "p\nq\nend"), ("{ {x} }}", "{ {x} }}"),
    ])
  func fills(source: String, expected: String) throws {
    let value: TemplateValue = [
      "x": "1", "outer": "o", "list": ["p", "q"], "none": [], "flag": true, "inner": ["x": "2", "y": "3"],
    ]
    #expect(try render(source, value, "[{{x}}]") == expected)
  }

  @Test("escape text even where markup may stand, and markup where it may not")
  func escapes() throws {
    let value: TemplateValue = ["t": "<b>", "m": .markup(Markup(verbatim: "<i>"))]
    #expect(try render("{{t}}{{{t}}}{{{m}}}{{m}}", value) == "&lt;b&gt;&lt;b&gt;<i>&lt;i&gt;")
  }

  @Test("do not call each other for ever")
  func endless() throws {
    let result = try render("{{>part}}", [:], "x{{>part}}")
    #expect(result.count < 100)
  }

  @Test(
    "are refused where they are wrong",
    arguments: [
      ("ab{{x", Template.Problem.unclosedTag(offset: 2)), ("{{#a}}", .unbalancedSection(name: "a")),
      ("{{#a}}{{/b}}", .unbalancedSection(name: "b")), ("{{/a}}", .unbalancedSection(name: "a")),
      ("x{{}}", .namelessTag(offset: 1)),
    ])
  func refuses(source: String, problem: Template.Problem) {
    #expect(throws: problem) { try Template(Array(source.utf8)) }
  }

  @Test("of the page are all right")
  func ours() throws {
    #expect(try Assets.templates().count == 14)
  }
}

@Suite("Markup")
struct MarkupTests {
  @Test(
    "spells out what HTML, scripts and terminals give a meaning",
    arguments: [
      ("a<b>&\"'`", "a&lt;b&gt;&amp;&quot;&#39;&#96;"), ("\u{202e}x", "\\u{202e}x"), ("\u{2028}", "\\u{2028}"),
      ("a\u{0}\n", "a\\x00\\n"), ("\"\u{301}", "&quot;\\u{301}"), ("<\u{338}script", "&lt;\\u{338}script"),
      ("größer → 日本", "größer → 日本"),
    ])
  func escapes(text: String, expected: String) {
    #expect(Markup.escaped(text) == expected)
  }

  @Test("cuts what is longer than a reader wants")
  func cuts() {
    let text = Markup.escaped(String(repeating: "<", count: 1_000_000))
    #expect(text.utf8.count < 30_000)
    #expect(text.hasSuffix("… (970 KiB more)"))
  }

  @Test(
    "writes numbers as SVG reads them",
    arguments: [
      (0, "0"), (1.5, "1.5"), (-0.25, "-0.25"), (1.004, "1"), (12.05, "12.05"), (.nan, "0"), (.infinity, "0"),
      (1e300, "0"),
    ])
  func numbers(number: Double, expected: String) {
    #expect(Markup.number(number) == expected)
  }
}

@Suite("The page's policy")
struct PolicyTests {
  @Test(
    "names contents by SHA-256 (FIPS 180-4, and NIST's examples)",
    arguments: [
      ("", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
      ("abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
      ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "JI1qYdIGOLjlwCaTDD5gOaM85Flk/yFn9uzt1BnbBsE="),
    ])
  func digests(text: String, expected: String) {
    #expect(Base64.text(SHA256.digest(Array(text.utf8))) == expected)
  }

  @Test("lets nothing be loaded")
  func policy() {
    let policy = ContentPolicy.text(style: [], script: [])
    #expect(policy.hasPrefix("default-src 'none';"))
    #expect(!policy.contains("unsafe"))
    #expect(!policy.contains("http"))
  }
}
