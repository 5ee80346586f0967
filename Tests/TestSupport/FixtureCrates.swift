import Foundation

/// Rust programs that need a crate: Debian's `librust-*-dev` packages are the registry, so that no network is needed.
extension Fixture {
  /// Compiles a Rust fixture that uses the real `stacker` crate, which continues a stack in segments of its own.
  ///
  /// - Parameters:
  ///   - source: the file's name, in whichever folder of `Tests/Fixtures`.
  ///   - optimization: rustc's opt-level; there is debug information in any case.
  public static func compileWithStacker(_ source: String, optimization: Int = 1) throws -> String {
    let text = try String(contentsOfFile: path(of: source), encoding: .utf8)
    let name = stem(of: source)
    let manifest = """
      [package]
      name = "\(name)"
      version = "0.0.0"
      edition = "2021"
      [dependencies]
      stacker = "0.1"
      [profile.release]
      debug = true
      opt-level = \(optimization)
      """
    let registry = "/usr/share/cargo/registry"
    let crates = try FileManager.default.contentsOfDirectory(atPath: registry).sorted()
    let compiler = try runChecked(["rustc", "--version"]).output
    return try kept(as: name, madeFrom: [source, text, manifest, compiler] + crates) { unfinished in
      let folder = unfinished + ".crate"
      try FileManager.default.createDirectory(atPath: folder + "/src", withIntermediateDirectories: true)
      try manifest.write(toFile: folder + "/Cargo.toml", atomically: true, encoding: .utf8)
      try text.write(toFile: folder + "/src/main.rs", atomically: true, encoding: .utf8)
      try runChecked(
        [
          "cargo", "build", "--quiet", "--offline", "--release", "--target-dir", folder + "/target",
          "--config", "source.crates-io.replace-with=\"debian\"",
          "--config", "source.debian.directory=\"\(registry)\"",
        ], in: folder, timeout: 300)
      try FileManager.default.moveItem(atPath: folder + "/target/release/" + name, toPath: unfinished)
    }
  }
}
