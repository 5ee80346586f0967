import Foundation

/// The tools that fixtures are made with, for those tests that are skipped, with the reason, where one is missing.
extension Fixture {
  /// Debian's cross compiler for C, with debug information and frame pointers left to its defaults.
  public static let aarch64 = ["aarch64-linux-gnu-gcc", "-g"]

  /// Where the cross compiler's libc lies: the sysroot of a program that ran under qemu-user.
  public static let aarch64SystemRoot = "/usr/aarch64-linux-gnu"

  /// Whether a command is found in PATH: for `.enabled(if: Fixture.has("qemu-aarch64"))`.
  public static func has(_ command: String) -> Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(command)") }
  }

  /// Debian's own Python, which sees Debian's Python packages (jsonschema), whatever else is in PATH.
  public static let debianPython = "/usr/bin/python3"

  /// The real binary behind `python3`: version managers put a shell script in its place.
  public static func python() throws -> String {
    let outcome = try runChecked(["python3", "-c", "import os, sys; print(os.path.realpath(sys.executable))"])
    return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The real rustc behind rustup's proxy.
  public static func rustc() throws -> String {
    let outcome = try runChecked(["rustc", "--print", "sysroot"])
    return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines) + "/bin/rustc"
  }

  /// The second number of rustc's version: 63 of 1.63; 0 where there is no rustc, so that whoever needs it fails there.
  public static let rustMinorVersion: Int = {
    guard let outcome = try? runChecked(["rustc", "--version"]) else { return 0 }
    return outcome.output.split(separator: ".").dropFirst().first.flatMap { Int($0) } ?? 0
  }()
}
