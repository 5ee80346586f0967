import Testing

@testable import Reporting

@Suite("A signature's names")
struct SignatureNamesTests {
  @Test(
    "of functions are those of the source, whatever build they are of",
    arguments: [
      ("parse", "parse"), ("parse.cold", "parse"), ("parse.part.0", "parse"), ("parse.constprop.0.isra.1", "parse"),
      ("parse.llvm.1234567", "parse"), ("clang::Parser::ParseExpr(int) const", "clang::Parser::ParseExpr"),
      ("f(int) [clone .cold]", "f"),
      ("std::vector<int, std::allocator<int> >::push_back(int&&)", "std::vector::push_back"),
      ("(anonymous namespace)::f(char)", "(anonymous namespace)::f"), ("name[abi:cxx11](int)", "name"),
      ("core::ptr::drop_in_place::h0123456789abcdef", "core::ptr::drop_in_place"),
      ("app::main::{{closure}}", "app::main::{closure}"), ("app::main::{closure#3}", "app::main::{closure}"),
      ("main::{lambda(int)#2}::operator()(int) const", "main::{lambda}::operator"),
      ("<rustc_parse::parser::Parser>::parse_block", "<rustc_parse::parser::Parser>::parse_block"),
      ("alloc::vec::from_elem::<u8>", "alloc::vec::from_elem"), ("getenv@@GLIBC_2.2.5", "getenv"),
      ("closure #2 in run(times: Int)", "closure in run"), ("file.c", "file.c"),
    ])
  func functions(name: String, normal: String) {
    #expect(FunctionNames.normalized(name) == normal)
  }

  @Test(
    "of modules have no version and no hash",
    arguments: [
      ("libc.so.6", "libc.so"), ("libc-2.31.so", "libc.so"), ("libstdc++.so.6.0.30", "libstdc++.so"),
      ("librustc_driver-1b1fd2dd8b1b2c1f.so", "librustc_driver.so"), ("python3.12", "python3.12"),
      ("libpython3.12.so.1.0", "libpython3.12.so"), ("app (deleted)", "app"), ("[vdso]", "[vdso]"),
      ("ld-linux-x86-64.so.2", "ld-linux-x86-64.so"), ("libfoo-bar.so", "libfoo-bar.so"),
    ])
  func modules(file: String, name: String) {
    #expect(SignatureModule.name(file) == name)
  }
}

@Suite("Recursion in a signature")
struct SignatureFoldingTests {
  private func turns(_ cycle: [String], _ count: Int, from start: Int = 0) -> [String] {
    (0..<count).map { cycle[($0 + start) % cycle.count] }
  }

  @Test(
    "is one element, however often it turns and wherever it was entered and left", arguments: 0..<3, [7, 8, 9, 300])
  func rotations(start: Int, count: Int) {
    let cycle = ["b", "c", "a"]
    #expect(
      SignatureFolding.fold(["leaf"] + turns(cycle, count, from: start) + ["main"]) == ["leaf", "(a > b > c)*", "main"])
  }

  @Test("of one function is told from a single call")
  func single() {
    #expect(SignatureFolding.fold(["f", "f", "f", "main"]) == ["(f)*", "main"])
    #expect(SignatureFolding.fold(["f", "g", "main"]) == ["f", "g", "main"])
  }

  @Test("with a cycle in its cycle is the longer one")
  func nested() {
    #expect(SignatureFolding.fold(turns(["a", "a", "b"], 12)) == ["(a > a > b)*"])
  }
}
