import Foundation

/// Programs in `Tests/Fixtures`, compiled when a test first needs them and kept under `.build/fixtures`.
public enum Fixture {
  /// The folder of the package.
  public static let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  static let sources = packageRoot + "/Tests/Fixtures"
  static let products = packageRoot + "/.build/fixtures"

  /// Compiles a fixture and returns the program's path.
  ///
  /// The product is kept under a name made from the command line and the source's contents, so that it is
  /// made anew when either changes. Two test processes at once do not see a half-written program.
  /// - Parameters:
  ///   - source: the file's name in `Tests/Fixtures`: "null_dereference.c".
  ///   - compiler: the compiler with its options: `["gcc", "-O2", "-g"]`. `-o PRODUCT SOURCE` is added.
  ///   - after: options behind the source: `["-lpthread"]`.
  public static func compile(_ source: String, with compiler: [String], after: [String] = []) throws -> String {
    let path = sources + "/" + source
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let stem = source.replacingOccurrences(of: "/", with: "_").split(separator: ".").first.map(String.init) ?? source
    let key = fingerprint((compiler + after + [source, text]).joined(separator: "\u{0}"))
    let product = products + "/" + stem + "-" + key
    if FileManager.default.fileExists(atPath: product) { return product }
    try FileManager.default.createDirectory(atPath: products, withIntermediateDirectories: true)
    let unfinished = product + "." + UUID().uuidString
    try runChecked(compiler + ["-o", unfinished, path] + after)
    guard rename(unfinished, product) == 0 else { throw PreparationError("cannot rename to \(product)") }
    return product
  }

  /// FNV-1a, 64 bits, in hexadecimal: the same in every process, unlike Swift's own hashes.
  static func fingerprint(_ text: String) -> String {
    let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }

  /// Runs a program that is meant to crash, and returns the path of the core that the kernel wrote.
  ///
  /// - Parameters:
  ///   - program: the program and its arguments.
  ///   - directory: where it runs, and where its core comes to lie; a new temporary folder where nil.
  /// - Throws: ``PreparationError`` where it did not die of a signal, or no core was written.
  public static func core(
    of program: [String], in directory: String? = nil, environment: [String: String] = [:], timeout: Double = 60
  ) throws -> String {
    let folder = try directory ?? temporaryDirectory()
    let before = Set(try FileManager.default.contentsOfDirectory(atPath: folder))
    let outcome = try run(
      ["sh", "-c", "ulimit -c unlimited; exec \"$@\"", "sh"] + program, in: folder,
      environment: ["SWIFT_BACKTRACE": "enable=no"].merging(environment) { $1 }, timeout: timeout)
    guard outcome.signal != nil else {
      throw PreparationError("\(program) exited with \(outcome.status) instead of crashing\n\(outcome.errors)")
    }
    let new = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { !before.contains($0) && $0.hasPrefix("core") }
    guard let name = new.first else {
      let pattern = try String(contentsOfFile: "/proc/sys/kernel/core_pattern", encoding: .utf8)
      throw PreparationError("no core in \(folder); core_pattern is \(pattern)")
    }
    return folder + "/" + name
  }
}
