import Foundation

/// Cores of programs that nobody wrote for a test: compilers and interpreters that really die.
extension Fixture {
  /// rustc out of stack in its parser: 2,000 nested blocks, on a stack of 2 MiB (8 MiB are too few as well).
  public static func rustcParserCore() throws -> String {
    let nested = "fn main() {\n" + String(repeating: "{", count: 2000) + String(repeating: "}", count: 2000) + "\n}\n"
    return try rustcCore(of: nested, named: "nested", stack: 2 << 20)
  }

  /// rustc out of stack in a single frame, without any recursion: "hello, world" on a stack of 1 MiB, where rustc 1.95
  /// dies in a frame of 372 KiB; older ones with smaller frames (Debian 12 has 1.63) need a smaller stack to die.
  public static func rustcSingleFrameCore() throws -> String {
    let source = "fn main() {\n    println!(\"hello\");\n}\n"
    do {
      return try rustcCore(of: source, named: "hello", stack: 1 << 20)
    } catch is PreparationError {
      return try rustcCore(of: source, named: "hello", stack: 128 << 10)
    }
  }

  /// rustc's core after it compiled a text with `RUST_MIN_STACK` set.
  public static func rustcCore(of source: String, named name: String, stack: Int) throws -> String {
    let file = try kept(as: name, madeFrom: [source]) { unfinished in
      try source.write(toFile: unfinished, atomically: true, encoding: .utf8)
    }
    return try keptCore(
      of: [try rustc(), "--crate-name", name, "--crate-type", "bin", file], environment: ["RUST_MIN_STACK": "\(stack)"])
  }

  /// A real Python that died in libc's getenv while another thread of it set environment variables.
  ///
  /// - Throws: ``PreparationError`` where this libc no longer has the race (glibc 2.41 and newer).
  public static func pythonRaceCore() throws -> String {
    let script = try String(contentsOfFile: try path(of: "python_environment_race.py"), encoding: .utf8)
    return try keptCore(of: [try python(), "-c", script], timeout: 240)
  }
}
