import Bytes
import DWARF
import ELF
import Foundation
import TestSupport
import Testing

/// Every row of real files against binutils' `readelf --debug-dump=frames-interp`.
@Suite("Rows of call frame information in real files")
struct ReadelfComparisonTests {
  /// A row as readelf prints it: its address, its CFA, and rules by column.
  struct PrintedRow {
    let address: UInt64
    let cfa: String
    let rules: [String: String]
  }

  /// The rows of the section, from the first `limit` lines that readelf prints.
  func printedRows(_ path: String, _ section: String, readelf: String, limit: Int) throws -> [PrintedRow] {
    let text = try runChecked([
      "sh", "-c", "\(readelf) --debug-dump=frames-interp -W \"$1\" 2>/dev/null | head -n \(limit)", "sh", path,
    ]).output
    var rows: [PrintedRow] = []
    var columns: [String] = []
    var isInSection = false
    var isEntry = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("Contents of the ") { isInSection = line.contains(" \(section) ") }
      let words = line.split(separator: " ").map(String.init)
      if words.contains("CIE") || words.contains("FDE") { isEntry = words.contains("FDE") }
      if words.first == "LOC" { columns = Array(words.dropFirst(2)) }
      // "u" for undefined stands for itself; "exp" and "vexp" for expressions.
      guard isInSection, isEntry, words.count == columns.count + 2, words[0].count == 16,
        let address = UInt64(words[0], radix: 16)
      else { continue }
      rows.append(
        PrintedRow(
          address: address, cfa: words[1], rules: Dictionary(zip(columns, words.dropFirst(2))) { first, _ in first }))
    }
    return rows
  }

  static let x86Names = ["rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp"] + (8...15).map { "r\($0)" }
  static let armNames = (0...30).map { "x\($0)" } + ["sp"]

  func describe(_ cfa: CFARule, _ names: [String]) -> String {
    switch cfa {
    case .undefined: "undefined"
    case .expression: "exp"
    case .registerAndOffset(let register, let offset):
      (Int(register) < names.count ? names[Int(register)] : "r\(register)") + (offset < 0 ? "" : "+") + "\(offset)"
    }
  }

  func describe(_ rule: RegisterRule, _ names: [String]) -> String {
    func signed(_ value: Int64) -> String { value < 0 ? "\(value)" : "+\(value)" }
    return switch rule {
    case .unspecified, .undefined: "u"
    case .sameValue: "s"
    case .offset(let offset): "c" + signed(offset)
    case .valueOffset(let offset): "v" + signed(offset)
    case .register(let number): Int(number) < names.count ? names[Int(number)] : "r\(number)"
    case .expression: "exp"
    case .valueExpression: "vexp"
    }
  }

  func compare(_ path: String, _ sectionName: StaticString, readelf: String = "readelf", limit: Int) throws -> Int {
    let file = try ELFFile(ByteView(MappedFile(path: path)))
    let header = try #require(file.section(named: sectionName))
    let isEH = "\(sectionName)" == ".eh_frame"
    let section = CallFrameSection(
      isEH ? .ehFrame : .debugFrame, bytes: file.contents(of: header), address: header.address)
    let index = CallFrameIndex(section)
    let names = file.header.machine == ELFHeader.machineX86_64 ? Self.x86Names : Self.armNames
    var compared = 0
    for printed in try printedRows(path, "\(sectionName)", readelf: readelf, limit: limit) {
      // A row that no address has: two at the same address, or an empty function.
      guard let offset = index.offset(containing: printed.address) else { continue }
      let entry = try section.frameDescription(at: offset)
      let row = try section.row(of: entry, at: printed.address)
      var mine: [String: String] = [:]
      for column in printed.rules.keys {
        let number = column == "ra" ? Int(entry.cie.returnAddressRegister) : names.firstIndex(of: column)
        guard let number else { continue }
        mine[column] = describe(row[number], names)
      }
      let printedRules = printed.rules.filter { mine[$0.key] != nil }
      #expect(describe(row.cfa, names) == printed.cfa, "at \(String(printed.address, radix: 16))")
      #expect(mine == printedRules, "at \(String(printed.address, radix: 16))")
      compared += 1
    }
    return compared
  }

  @Test("agree with readelf in the C library")
  func systemLibrary() throws {
    let library = try runChecked(["gcc", "-print-file-name=libc.so.6"]).output.trimmingCharacters(
      in: .whitespacesAndNewlines)
    let compared = try compare(library, ".eh_frame", limit: 20_000)
    #expect(compared > 5000)
  }

  @Test("agree with readelf in .debug_frame, whatever its version", arguments: ["-gdwarf-2", "-gdwarf-4", "-gdwarf-5"])
  func debugFrame(_ version: String) throws {
    let program = try Fixture.compile(
      "unwind_depth.c", with: ["gcc", "-O2", version, "-fno-asynchronous-unwind-tables", "-fno-exceptions"])
    let compared = try compare(program, ".debug_frame", limit: 20_000)
    #expect(compared > 10)
  }

  @Test("agree with readelf for aarch64 with signed return addresses")
  func aarch64() throws {
    let program = try Fixture.compile(
      "unwind_calls.c", with: ["aarch64-linux-gnu-gcc", "-O2", "-static", "-mbranch-protection=standard"])
    let compared = try compare(program, ".eh_frame", readelf: "aarch64-linux-gnu-readelf", limit: 10_000)
    #expect(compared > 2000)
  }
}
