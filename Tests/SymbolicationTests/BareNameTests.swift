import Bytes
import Symbolication
import Testing

@Suite("The bare name of a function")
struct BareNameTests {
  @Test(
    "is what a sentence needs of it",
    arguments: [
      ("_ZN5clang6Parser9ParseExprERNS_10ExprOptionE", "Parser::ParseExpr"),
      (
        "_RNvMNtNtCsaLBsNTKQP2p_11rustc_parse6parser4stmtNtB4_6Parser21parse_expr_assoc_with",
        "Parser::parse_expr_assoc_with"
      ),
      ("_ZNSt6vectorIiSaIiEE9push_backERKi", "vector::push_back"),
      (
        "_RINvMNtNtCsaLBsNTKQP2p_11rustc_parse6parser4exprNtB5_6Parser23collect_tokens_for_exprNCNvB2_22parse_expr_dot_or_call0EB7_",
        "Parser::collect_tokens_for_expr"
      ),
      ("_ZN12_GLOBAL__N_13fooEi", "(anonymous namespace)::foo"),
      ("_ZN5hello4main17h0123456789abcdefE", "hello::main"),
      ("_Z3fooi", "foo"),
      ("getenv", "getenv"),
      ("s.find(Array<s.Item>, Int) -> Int", "s.find"),
      ("$s4main3fooyyF", "main.foo"),
      ("_ZN1AltERKS_", "A::operator<(A const&)"),
      ("_ZNK3FooclEi", "Foo::operator()(int) const"),
    ])
  func names(_ mangled: String, _ bare: String) {
    #expect(SymbolName(raw: ByteView(Array(mangled.utf8))).bareText == bare)
  }

  @Test("is bounded, whatever the name", arguments: ["<", "(", "::", "<a as ", ">", "a::<", "{"])
  func hostile(_ piece: String) {
    let name = String(repeating: piece, count: 2000)
    #expect(SymbolName(raw: ByteView(Array(name.utf8))).bareText.count <= 72)
  }
}
