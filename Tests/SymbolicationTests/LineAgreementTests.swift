import Bytes
import ELF
import Foundation
import ModuleFiles
import Symbolication
import Targets
import TestSupport
import Testing

/// One level of an address: the function, and the place in it as `file.c:12`.
private struct Level: Equatable, CustomStringConvertible {
  let function: String
  let place: String
  var description: String { "\(function) \(place)" }
}

/// The `llvm-symbolizer` that comes with Swift.
private func symbolizer() throws -> String {
  let compiler = try runChecked(["sh", "-c", "readlink -f $(command -v swiftc)"]).output
  return URL(fileURLWithPath: compiler).deletingLastPathComponent().path + "/llvm-symbolizer"
}

/// The calls at each address, innermost first, as `llvm-symbolizer` of LLVM has them.
private func reference(_ path: String, _ addresses: [UInt64]) throws -> [[Level]] {
  let folder = try temporaryDirectory()
  defer { remove(folder) }
  let list = addresses.map { "0x" + String($0, radix: 16) }.joined(separator: "\n") + "\n"
  try list.write(toFile: folder + "/addresses", atomically: true, encoding: .utf8)
  let command =
    "\(try symbolizer())  --no-demangle --functions=linkage --inlining --obj='\(path)' < \(folder)/addresses"
  let output = try runChecked(["sh", "-c", command]).output
  return output.components(separatedBy: "\n\n").prefix(addresses.count).map { block in
    let lines = block.split(separator: "\n")
    return stride(from: 0, to: lines.count - 1, by: 2).map { index in
      // The line and the column follow the path.
      let parts = lines[index + 1].split(separator: ":")
      let file = parts.dropLast(2).joined(separator: ":").split(separator: "/").last ?? ""
      return Level(function: String(lines[index]), place: "\(file):\(parts[parts.count - 2])")
    }
  }
}

private func ours(_ resolution: Resolution) -> [Level] {
  func place(_ location: Symbolication.SourceLocation?) -> String {
    location.map { "\($0.fileName):\($0.line)" } ?? "??:0"
  }
  var levels: [Level] = []
  var location = resolution.location
  for call in resolution.inlined {
    levels.append(Level(function: call.name.raw.text, place: place(location)))
    location = call.callSite
  }
  return levels + [Level(function: resolution.symbol?.name.raw.text ?? "??", place: place(location))]
}

@Suite("Lines and inlined calls")
struct LineAgreementTests {
  private static let gcc = ["gcc", "-O2", "-g"]
  private static let clang = ["clang", "-O2", "-g"]

  /// Every byte of every function of the program has the same functions and lines as the reference says.
  private func agree(_ path: String, source: String, debugFile: String? = nil, referenceFile: String? = nil) throws {
    let module = try module(path, debugFile: debugFile)
    let functions = try functions(of: referenceFile ?? path).filter { function in
      ["main", "main.cold", "outer", "outer.cold", "other"].contains(function.name)
        || function.name.hasPrefix("_Z") && !function.name.contains("erminate")
    }
    #expect(functions.count >= 3)
    let addresses = functions.flatMap { ($0.address..<$0.address + $0.size).map { $0 } }
    let symbolicator = Symbolicator(modules: [module], finder: FileFinder())
    let resolutions = symbolicator.resolve(addresses.map { $0 &+ module.bias })
    let expected = try reference(referenceFile ?? path, addresses)
    #expect(expected.count == resolutions.count)
    var differing = 0
    for (address, (resolution, levels)) in zip(addresses, zip(resolutions, expected)) {
      let found = ours(resolution)
      guard found.map(\.place) != levels.map(\.place) else { continue }
      differing += 1
      if differing < 4 { Issue.record("\(String(address, radix: 16)): \(found), but should be \(levels)") }
    }
    #expect(differing == 0)
    // It is a test of debug information: most places are in the source itself.
    #expect(resolutions.filter { $0.location?.path.hasSuffix(source) == true }.count > addresses.count / 10)
    #expect(resolutions.contains { $0.inlined.count > 1 } || !path.contains("inlining"))
  }

  @Test(
    "agree with LLVM's for every address, whatever the version and the packing of the debug information",
    arguments: [
      gcc + ["-gdwarf-2"], gcc + ["-gdwarf-3"], gcc + ["-gdwarf-4"], gcc + ["-gdwarf-5"],
      gcc + ["-gdwarf64"], gcc + ["-gz=zlib"], gcc + ["-gz=zlib-gnu"], gcc + ["-g1"], gcc + ["-fdebug-types-section"],
      gcc + ["-ffunction-sections", "-Wl,--gc-sections"], gcc + ["-freorder-blocks-and-partition", "-static"],
      clang + ["-gdwarf-4"], clang + ["-gdwarf-5"], clang + ["-gz=zstd"], clang + ["-gline-tables-only"],
      clang + ["-gdwarf-5", "-gdwarf64"], clang + ["-fuse-ld=lld", "-ffunction-sections", "-Wl,--gc-sections"],
      clang + ["-gdwarf-aranges"],
    ])
  func packing(_ compiler: [String]) throws {
    // The reference reads neither zstd nor `.zdebug_info`: it gets the same program not compressed.
    let plain = try Fixture.compile("inlining.c", with: compiler.filter { !$0.hasPrefix("-gz") })
    try agree(try Fixture.compile("inlining.c", with: compiler), source: "inlining.c", referenceFile: plain)
  }

  @Test(
    "agree for C++", arguments: [["g++", "-O2", "-g"], ["clang++", "-O2", "-g"], ["g++", "-O2", "-g", "-gdwarf-4"]])
  func cxx(_ compiler: [String]) throws {
    try agree(try Fixture.compile("names.cpp", with: compiler), source: "names.cpp")
  }

  /// Compiles in a folder of its own, so that split objects come to lie in it.
  private func compileSplit(_ compiler: [String], in folder: String) throws -> String {
    let source = try Fixture.path(of: "inlining.c")
    try runChecked(compiler + ["-gsplit-dwarf", "-c", source, "-o", "inlining.o"], in: folder)
    try runChecked([compiler[0], "inlining.o", "-o", "inlining"], in: folder)
    return folder + "/inlining"
  }

  @Test(
    "are found in split objects, and in packages of them",
    arguments: [
      gcc + ["-gdwarf-4"], gcc + ["-gdwarf-5"], clang + ["-gdwarf-4"], clang + ["-gdwarf-5"],
    ])
  func split(_ compiler: [String]) throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let path = try compileSplit(compiler, in: folder)
    // The same code with its debug information in one file.
    let whole = try Fixture.compile("inlining.c", with: compiler)
    try agree(path, source: "inlining.c", referenceFile: whole)
    // LLVM 14 does not come to an end with what gcc writes for DWARF 5, and binutils do not know it.
    guard compiler != Self.gcc + ["-gdwarf-5"] else { return }
    let packer = compiler[0] == "gcc" && compiler.contains("-gdwarf-4") ? "dwp" : "llvm-dwp"
    try runChecked([packer, "-e", path, "-o", path + ".dwp"], in: folder)
    for object in try FileManager.default.contentsOfDirectory(atPath: folder) where object.hasSuffix(".dwo") {
      try FileManager.default.removeItem(atPath: folder + "/" + object)
    }
    // The package alone must do.
    try agree(path, source: "inlining.c", referenceFile: whole)
    // Without either there are lines but no inlined calls.
    try FileManager.default.removeItem(atPath: path + ".dwp")
    let module = try module(path)
    let outer = try #require(try functions(of: path).first { $0.name == "outer" })
    let results = Symbolicator(modules: [module], finder: FileFinder())
      .resolve((outer.address..<outer.address + outer.size).map { $0 &+ module.bias })
    #expect(results.allSatisfy { $0.inlined.isEmpty && $0.symbol?.name.raw.text == "outer" })
    #expect(results.contains { $0.location?.path.hasSuffix("inlining.c") == true })
  }

  @Test("are found in a separate debug file")
  func separate() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let whole = try Fixture.compile("inlining.c", with: Self.gcc)
    try runChecked(["objcopy", "--only-keep-debug", whole, folder + "/p.debug"])
    try runChecked(["objcopy", "--strip-all", whole, folder + "/p"])
    try agree(folder + "/p", source: "inlining.c", debugFile: folder + "/p.debug", referenceFile: whole)
  }

  @Test("are found where dwz moved what two programs share into a third file", arguments: [[], ["--dwarf-5"]])
  func alternate(options: [String]) throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let whole = try Fixture.compile("names.cpp", with: ["g++", "-O2", "-g"])
    let twin = try Fixture.compile("names.cpp", with: ["g++", "-O2", "-g", "-DTWIN"])
    try runChecked(["cp", whole, folder + "/a"])
    try runChecked(["cp", twin, folder + "/b"])
    try runChecked(["dwz"] + options + ["-m", "common.debug", "-h", "a", "b"], in: folder)
    #expect(FileManager.default.fileExists(atPath: folder + "/common.debug"))
    try agree(folder + "/a", source: "names.cpp", referenceFile: whole)
    let module = try module(folder + "/a")
    let lengths = try #require(try functions(of: whole).first { $0.name.contains("lengths") })
    let names = Symbolicator(modules: [module], finder: FileFinder())
      .resolve((lengths.address..<lengths.address + lengths.size).map { $0 &+ module.bias })
      .flatMap { $0.inlined.map { $0.name.text() } }
    #expect(names.contains("std::vector<std::string>::begin() const"))
  }
}
