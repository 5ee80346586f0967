/// Names of modules without what differs from one version or build to the next.
enum SignatureModule {
  /// `libc.so.6`, `libc-2.31.so` → `libc.so`; `librustc_driver-1b1fd2dd8b1b2c1f.so` → `librustc_driver.so`; the name of
  /// an executable stays.
  static func name(_ file: String) -> String {
    var name = Substring(file)
    if name.hasSuffix(" (deleted)") { name = name.dropLast(10) }
    guard let suffix = versionSuffix(name) else { return String(name) }
    name = name[..<suffix]
    var stem = name
    if let dash = stem.lastIndex(of: "-") {
      let mark = stem[stem.index(after: dash)...]
      let isVersion = mark.first?.isNumber == true && mark.contains(".") && mark.allSatisfy { $0.isNumber || $0 == "." }
      let isHash = mark.count >= 8 && mark.allSatisfy { $0.isHexDigit }
      if isVersion || isHash { stem = stem[..<dash] }
    }
    return stem + ".so"
  }

  /// Where `.so` begins that ends the name, or that a version follows; nil where the file is no shared object's.
  private static func versionSuffix(_ name: Substring) -> Substring.Index? {
    var rest = name
    while let dot = rest.lastIndex(of: ".") {
      let part = rest[rest.index(after: dot)...]
      if part == "so" { return dot }
      guard !part.isEmpty, part.allSatisfy(\.isNumber) else { return nil }
      rest = rest[..<dot]
    }
    return nil
  }

  /// The C library and what belongs to it: which of its inner functions a call goes through depends on the processor
  /// and on the library's build, so that these are not told apart.
  static func isCLibrary(_ name: String) -> Bool {
    ["libc.so", "libpthread.so", "libm.so", "librt.so", "libdl.so"].contains(name) || name.hasPrefix("ld-linux")
      || name.hasPrefix("ld-musl") || name.hasPrefix("libc.musl") || name == "[vdso]"
  }

  /// Libraries of languages, whose functions for failures stand between abort(3) and the code that failed.
  static func isLanguageRuntime(_ name: String) -> Bool {
    ["libstdc++.so", "libc++.so", "libc++abi.so", "libgcc_s.so", "libswiftCore.so", "libswift_Concurrency.so"]
      .contains(name) || name.hasPrefix("libstd-") || name == "libstd.so"
  }
}
