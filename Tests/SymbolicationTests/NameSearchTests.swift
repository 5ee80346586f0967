import ModuleFiles
import Symbolication
import Targets
import TestSupport
import Testing

@Suite("Symbols by name")
struct NameSearchTests {
  private func symbolicator(_ path: String) throws -> Symbolicator {
    Symbolicator(modules: [try module(path)], finder: FileFinder())
  }

  @Test("are found wherever they are defined, global or local, and nowhere else")
  func defined() throws {
    let path = try Fixture.compile("inlining.c", with: ["gcc", "-O1", "-g"])
    let found = try symbolicator(path).symbols(
      named: ["last_value", "private_value", "main", "memset", "last", "no_such_name", ""], inModule: 0)
    #expect(found.keys.sorted() == ["last_value", "main", "private_value"])
    let listed = try runChecked(["nm", path]).output.split(separator: "\n").first { $0.hasSuffix(" last_value") }
    let address = try #require(listed.flatMap { UInt64($0.prefix(16), radix: 16) })
    #expect(found["last_value"]?.address == address + 0x7f00_0000_0000)
    #expect(found["last_value"]?.size == 4)
  }

  @Test("of libc are found, with versions that are no part of a name")
  func libc() throws {
    let found = try symbolicator("/lib/x86_64-linux-gnu/libc.so.6").symbols(
      named: ["environ", "__abort_msg", "getenv", "errno"], inModule: 0)
    // errno is thread-local: it has no address.
    #expect(found.keys.sorted() == ["__abort_msg", "environ", "getenv"])
  }

  @Test("that a module imports are told from those it defines")
  func imports() throws {
    let path = try Fixture.compile("inlining.c", with: ["gcc", "-O1", "-g", "-fno-builtin"])
    let imports = try symbolicator(path).imports(of: ["abort", "memset", "main", "setenv", "outer"], inModule: 0)
    #expect(imports == ["abort", "memset"])
  }

  @Test(
    "of stubs in the linkage table are those of the functions called through them",
    arguments: [
      ["gcc", "-O1", "-fno-builtin"], ["gcc", "-O1", "-fno-builtin", "-fcf-protection=full", "-Wl,-z,ibtplt"],
      ["gcc", "-O1", "-fno-builtin", "-no-pie"], ["gcc", "-O1", "-fno-builtin", "-Wl,-z,lazy"],
      ["aarch64-linux-gnu-gcc", "-O1", "-fno-builtin"],
      ["aarch64-linux-gnu-gcc", "-O1", "-fno-builtin", "-mbranch-protection=standard", "-Wl,-z,force-bti", "-w"],
    ])
  func stubs(_ compiler: [String]) throws {
    let path = try Fixture.compile("inlining.c", with: compiler)
    let module = try module(path)
    let tool = compiler[0].replacingOccurrences(of: "gcc", with: "objdump")
    let listing = try runChecked([tool == "objdump" ? "objdump" : tool, "-d", "-j", ".plt", "-j", ".plt.sec", path])
    let stubs = listing.output.split(separator: "\n").filter {
      $0.hasSuffix("<memset@plt>:") || $0.hasSuffix("<abort@plt>:")
    }
    #expect(stubs.count >= 2)
    let symbolicator = Symbolicator(modules: [module], finder: FileFinder())
    for stub in stubs {
      let address = try #require(UInt64(stub.prefix(16), radix: 16))
      let name = String(stub.dropFirst(18).dropLast(2))
      let places = symbolicator.resolve([0, 4, 7].map { module.bias &+ address &+ $0 })
      #expect(places.allSatisfy { $0.symbol?.name.text() == name })
    }
  }
}
