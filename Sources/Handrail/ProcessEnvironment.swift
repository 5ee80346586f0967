internal import CHandrail

/// The environment of this process, which any thread may read while any other changes it.
///
/// A program that is linked with Handrail has its `getenv`, `setenv`, `putenv`, `unsetenv`, `clearenv` and `secure_getenv`: those
/// of the guard (`inquest guard`), in the place of libc's, for all of the program: Swift's standard library, Foundation with its
/// `ProcessInfo.environment`, C code. No reader ever meets memory that was freed, moved or shortened, be it libc's own
/// `getenv`, code that walks `environ`, `execve` or `posix_spawn`: the list never moves its end, and a text is never given back.
/// What a value takes is bounded for programs that set the same variables for ever; `Guard/README.md` has the proof and the
/// figures.
///
/// Values are bytes to the kernel; here they are UTF-8, and what is none is repaired as `String(decoding:as:)` does.
///
/// Not for signal handlers, but for `getenv`, which takes no lock.
public enum ProcessEnvironment {
  /// The value of a variable; nil where it is not set.
  public static func get(_ name: String) -> String? {
    guard isName(name) else { return nil }
    return unsafe name.withCString { name in
      var capacity = 256
      while true {
        var needed = 0
        let value = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { bytes -> String? in
          needed = unsafe handrail_environment_value(name, bytes.baseAddress, capacity)
          guard needed > 0, needed <= capacity else { return nil }
          return unsafe String(
            decoding: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<(needed - 1)]), as: UTF8.self)
        }
        if needed <= capacity { return value }
        capacity = needed
      }
    }
  }

  /// Sets a variable.
  /// - Parameters:
  ///   - name: neither empty nor with an equals sign in it.
  ///   - value: what it is to be.
  ///   - overwriting: whether one that is set already gets the new value.
  /// - Throws: ``EnvironmentError``.
  public static func set(_ name: String, to value: String, overwriting: Bool = true) throws(EnvironmentError) {
    guard isName(name) else { throw .invalidName }
    if value.utf8.contains(0) { throw .invalidValue }
    let error = unsafe name.withCString { name in
      unsafe value.withCString { value in unsafe handrail_environment_set(name, value, overwriting ? 1 : 0) }
    }
    if error != 0 { throw .noMemory }
  }

  /// Removes a variable, where there is one.
  /// - Throws: ``EnvironmentError``.
  public static func unset(_ name: String) throws(EnvironmentError) {
    guard isName(name) else { throw .invalidName }
    let error = unsafe name.withCString { name in unsafe handrail_environment_unset(name) }
    if error != 0 { throw .noMemory }
  }

  /// All entries as they are at one moment, in the environment's own order, whatever a program has put there: of a name that is
  /// there twice, both; those without an equals sign, which no ``get(_:)`` finds, with a nil for their value.
  public static func entries() -> [(name: String, value: String?)] {
    texts().split(separator: 0).map { text in
      // An equals sign at the beginning belongs to the name.
      guard let sign = text.dropFirst().firstIndex(of: UInt8(ascii: "=")) else {
        return (String(decoding: text, as: UTF8.self), nil)
      }
      return (String(decoding: text[..<sign], as: UTF8.self), String(decoding: text[(sign + 1)...], as: UTF8.self))
    }
  }

  /// All variables as they are at one moment: of each name the value that ``get(_:)`` gives.
  public static func snapshot() -> [String: String] {
    let variables = entries().compactMap { entry in entry.value.map { (entry.name, $0) } }
    return Dictionary(variables.filter { isName($0.0) }) { first, _ in first }
  }

  /// The texts "NAME=value", with a zero byte after each.
  private static func texts() -> [UInt8] {
    var capacity = 16 << 10
    while true {
      var needed = 0
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { bytes, initialized in
        needed = unsafe bytes.withMemoryRebound(to: CChar.self) { bytes in
          unsafe handrail_environment_copy(bytes.baseAddress, capacity)
        }
        initialized = min(needed, capacity)
      }
      if needed <= capacity { return bytes }
      capacity = needed * 2
    }
  }

  private static func isName(_ name: String) -> Bool {
    !name.isEmpty && !name.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "=") }
  }
}

/// Why the environment was not changed.
public enum EnvironmentError: Error, Sendable, Equatable {
  /// Empty, or with an equals sign or a zero byte in it.
  case invalidName
  /// With a zero byte in it.
  case invalidValue
  /// There is no memory.
  case noMemory
}
