import Bytes
import Symbolication
import Testing

@Suite("Demangled names")
struct DemanglingTests {
  private func text(_ mangled: String, _ style: SymbolName.Style = .short) -> String {
    SymbolName(raw: ByteView(Array(mangled.utf8))).text(style)
  }

  @Test(
    "read as people write them",
    arguments: [
      ("main", "main"), ("", ""), ("_", "_"), ("_Z", "_Z"), ("_ZN", "_ZN"), ("$s", "$s"),
      ("_ZN5outer3BoxIlE4openEi", "outer::Box<long>::open(int)"),
      ("_ZN3foo3barEv.cold", "foo::bar() [clone .cold]"),
      ("_Z3addIiET_S0_S0_", "add<int>(int, int)"),
      (
        "_Z7lengthsRKSt6vectorINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESaIS5_EE",
        "lengths(std::vector<std::string> const&)"
      ),
      ("_ZN5hello4main17h0123456789abcdefE", "hello::main"),
      (
        "_ZN4core3ptr42drop_in_place$LT$alloc..string..String$GT$17h0123456789abcdefE",
        "core::ptr::drop_in_place<alloc::string::String>"
      ),
      ("_RNvCslCIAqueYAw2_1h4main", "h::main"),
      ("_RINvCslCIAqueYAw2_1h3genhKj4_EB2_", "h::gen::<u8, 4>"),
      ("_ZL34InitializeTargetPassConfigPassFlag.llvm.12963298279573946436", "InitializeTargetPassConfigPassFlag"),
      ("_ZN3foo3barEv.llvm.4923565775775962769.cold", "foo::bar() [clone .cold]"),
      ("environ@@GLIBC_2.2.5", "environ"), ("malloc@plt", "malloc@plt"), ("_ZdlPv@plt", "operator delete(void*)@plt"),
      ("$s5hello3add_1bS2i_SitF", "hello.add(_: Int, b: Int) -> Int"),
      ("$s5hello6secret33_0123456789ABCDEF0123456789ABCDEFLLyyF", "hello.secret() -> ()"),
    ])
  func short(_ mangled: String, _ expected: String) {
    #expect(text(mangled) == expected)
  }

  @Test(
    "lose nothing where everything is asked for",
    arguments: [
      ("_ZN5hello4main17h0123456789abcdefE", "hello::main::h0123456789abcdef"),
      ("_RINvCslCIAqueYAw2_1h3genhKj4_EB2_", "h[fbdfbb88bc56c414]::gen::<u8, 4: usize>"),
      ("_Z3addIiET_S0_S0_", "int add<int>(int, int)"), ("environ@@GLIBC_2.2.5", "environ@@GLIBC_2.2.5"),
      ("$s5hello3add_1bS2i_SitF", "hello.add(_: Swift.Int, b: Swift.Int) -> Swift.Int"),
    ])
  func full(_ mangled: String, _ expected: String) {
    #expect(text(mangled, .full) == expected)
  }

  @Test("with generic arguments without end stay readable, and differ where their outermost arguments do")
  func longGenerics() {
    let nested = String(repeating: "3BoxI", count: 30) + "i" + String(repeating: "E", count: 30)
    let name = text("_Z1fI\(nested)EvT_")
    #expect(name.hasPrefix("f<Box<"))
    #expect(name.contains("…"))
    #expect(name.utf8.count < 200)
    #expect(!text("_Z1fI\(nested)EvT_", .full).contains("…"))
  }

  @Test(
    "tell the main of a Rust program from all others",
    arguments: [
      ("_ZN5hello4main17h0123456789abcdefE", true), ("_RNvCslCIAqueYAw2_1h4main", true), ("main", false),
      ("_ZN5hello4mainEv", false), ("_ZN5hello5inner4main17h0123456789abcdefE", false), ("_ZN4mainEv", false),
    ])
  func rustMain(_ mangled: String, _ expected: Bool) {
    #expect(SymbolName(raw: ByteView(Array(mangled.utf8))).isRustMain == expected)
  }

  @Test("that are longer than libiberty itself would take are demangled")
  func long() {
    let arguments = String(repeating: "St6vectorIiSaIiEE", count: 150)
    let name = text("_Z6lengthIJ\(arguments)EEvDpT_", .full)
    #expect(name.hasPrefix("void length<std::vector<int, std::allocator<int> >, std::vector"))
    #expect(
      text("_ZN4main\(String(repeating: "3BoxI", count: 400))i\(String(repeating: "E", count: 400))3runEv").hasPrefix(
        "main::Box<"))
  }

  @Test("whose text would be endless are left as they are, in no time", .timeLimit(.minutes(1)))
  func explosion() {
    // Each `S…_` doubles what it stands for: the text would have 2^40 characters.
    var mangled = "_Z1fSt4pairIiiE"
    for index in 0..<40 {
      mangled +=
        "St4pairIS\(index == 0 ? "" : String(index - 1, radix: 36).uppercased())_S\(index == 0 ? "" : String(index - 1, radix: 36).uppercased())_E"
    }
    #expect(!text(mangled).isEmpty)
    #expect(!text(mangled, .full).isEmpty)
  }

  @Test("nested without end do not exhaust our stack", arguments: ["P", "3BoxI", "N", "RS", "I", "F", "Dp", "M"])
  func nesting(_ piece: String) {
    for prefix in ["_Z1f", "_ZN1f", "_R", "_RINv", "$s", "_T0", "_$s4main"] {
      for count in [100, 1000, 10_000, 60_000] {
        let mangled = prefix + String(repeating: piece, count: count / piece.utf8.count)
        #expect(!text(mangled, .full).isEmpty)
      }
    }
  }

  @Test("of well-formed types nested without end do not exhaust our stack", arguments: [10, 500, 1300, 2000, 8000])
  func wellFormedNesting(_ depth: Int) {
    func nested(_ opening: String, _ middle: String, _ closing: String) -> String {
      String(repeating: opening, count: depth) + middle + String(repeating: closing, count: depth)
    }
    let names = [
      "$s4main1fyy" + nested("Say", "Si", "G") + "F", "$s4main1fyy" + nested("", "Si", "Sg") + "F",
      "$s4main" + nested("1a", "C", "") + "1fyyF", "_Z1fI" + nested("3BoxI", "i", "E") + "EvT_",
      "_Z1f" + nested("PF", "v", "vE"), "_RNvC1a" + nested("1b", "", ""),
      "_RINvC1a1f" + nested("INtB_1b", "h", "E") + "E",
      "_RINvC1a1f" + nested("R", "h", "") + "E", "_RINvC1a1f" + nested("T", "h", "E") + "E",
    ]
    for name in names { #expect(!text(name).isEmpty && !text(name, .full).isEmpty) }
  }
}
