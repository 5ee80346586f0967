import Foundation

/// Programs in `Tests/Fixtures`, compiled when a test first needs them and kept under `.build/fixtures`.
///
/// What is kept has a name made from everything that went into it, so that it is made anew when any of that
/// changes. It appears under that name only when it is whole, so that test processes side by side do no harm; within
/// one process only the first who asks makes it, and the others wait.
public enum Fixture {
  /// The folder of the package.
  public static let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  static let sources = packageRoot + "/Tests/Fixtures"
  static let products = packageRoot + "/.build/fixtures"

  /// Compiles a fixture and returns the program's path.
  ///
  /// Any compiler that understands `-o PRODUCT SOURCE` will do: gcc, g++, clang, rustc, swiftc, musl-gcc, and
  /// ``aarch64`` for Debian's cross compiler.
  /// - Parameters:
  ///   - source: the file's name, in whichever folder of `Tests/Fixtures`: "write_to_null.c".
  ///   - compiler: the compiler with its options: `["gcc", "-O2", "-g"]`. `-o PRODUCT SOURCE` is added.
  ///   - after: options behind the source: `["-lpthread"]`.
  public static func compile(_ source: String, with compiler: [String], after: [String] = []) throws -> String {
    let path = try self.path(of: source)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let included = try headers(of: text, at: path)
    return try kept(as: stem(of: source), madeFrom: compiler + after + [source, text] + included) { unfinished in
      // rustc and swiftc name other files after the product: it is given the name it will have, in a folder.
      try runChecked(compiler + ["-o", unfinished, path] + after, timeout: 300)
    }
  }

  /// Copies a program that is about to be executed.
  ///
  /// Another process does it: ours may start a child at the same moment, which has the copy open for writing until it
  /// executes its program, and nobody may execute the copy meanwhile (ETXTBSY).
  public static func copy(_ program: String, to path: String) throws { try runChecked(["cp", program, path]) }

  /// The texts of the headers of ours that a source includes.
  private static func headers(of text: String, at path: String) throws -> [String] {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    return try text.matches(of: /(?m)^#include "([^"]+)"/).map {
      try String(contentsOf: folder.appendingPathComponent(String($0.1)), encoding: .utf8)
    }
  }

  /// Where a fixture lies, by its name: in which folder of `Tests/Fixtures` is nobody's business.
  public static func path(of source: String) throws -> String {
    // What lies elsewhere in the package is named by its path from here.
    if source.contains("/") { return sources + "/" + source }
    guard let path = paths[source] else { throw PreparationError("there is no fixture \(source) in \(sources)") }
    return path
  }

  private static let paths: [String: String] = {
    let found = FileManager.default.enumerator(atPath: sources)?.compactMap { $0 as? String } ?? []
    return Dictionary(
      found.map { ($0.split(separator: "/").last.map(String.init) ?? $0, sources + "/" + $0) },
      uniquingKeysWith: { first, _ in first })
  }()

  /// "deep/recursion.c" -> "deep_recursion".
  static func stem(of source: String) -> String {
    let name = source.replacingOccurrences(of: "/", with: "_")
    return name.split(separator: ".").first.map(String.init) ?? name
  }

  /// The path of a kept file, which `make` writes where it is not there yet.
  ///
  /// - Parameters:
  ///   - name: how the file's name begins; a fingerprint of `ingredients` is added.
  ///   - ingredients: everything that decides what the file contains.
  ///   - make: writes the file to the path it is given, in a folder of its own on the same file system.
  static func kept(
    as name: String, madeFrom ingredients: [String], make: (_ unfinished: String) throws -> Void
  ) throws -> String {
    let name = name + "-" + fingerprint(ingredients.joined(separator: "\u{0}"))
    let product = products + "/" + name
    let making = makers.lock(of: name)
    making.lock()
    defer { making.unlock() }
    if FileManager.default.fileExists(atPath: product) { return product }
    let workshop = products + "/making-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: workshop, withIntermediateDirectories: true)
    defer { remove(workshop) }
    try make(workshop + "/" + name)
    guard rename(workshop + "/" + name, product) == 0 else {
      throw PreparationError("\(product) was not made: \(String(cString: strerror(errno)))")
    }
    return product
  }

  private static let makers = Makers()

  /// FNV-1a, 64 bits, in hexadecimal: the same in every process, unlike Swift's own hashes.
  static func fingerprint(_ text: String) -> String {
    let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }
}

/// A lock for each product that is made.
private final class Makers: @unchecked Sendable {
  private let access = NSLock()
  private var locks: [String: NSLock] = [:]

  func lock(of product: String) -> NSLock {
    access.withLock {
      if let known = locks[product] { return known }
      let new = NSLock()
      locks[product] = new
      return new
    }
  }
}
