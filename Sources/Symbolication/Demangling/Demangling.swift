internal import Bytes
internal import CDemangle

extension SymbolName {
  /// The name as people write it, demangled where it is a mangled C++, Rust or Swift name.
  ///
  /// A name that no demangler knows is given as it stands. `.full` loses nothing that the mangled name says;
  /// `.short` leaves out hashes, disambiguators, symbol versions, return types and the usual allocators, and
  /// shortens generic arguments that are nested too deep to be read.
  public func text(_ style: Style = .short) -> String {
    guard raw.count <= Self.longestMangled else { return Self.clipped(raw, style) }
    let (stem, suffix) = splitVersion
    guard let language = ManglingScheme(stem), let text = language.demangle(stem, style) else {
      return Self.clipped(raw, style, version: suffix, stem: stem)
    }
    return style == .full || suffix.equals("@plt") ? text + suffix.text : text
  }

  /// The language whose mangling the name has; nil for a plain name.
  package var scheme: ManglingScheme? { ManglingScheme(splitVersion.stem) }

  /// Whether this is the `main` that a Rust programmer wrote: `hello::main`. The symbol `main` of a Rust program
  /// is the compiler's.
  public var isRustMain: Bool {
    guard scheme == .rustV0 || scheme == .itanium else { return false }
    let parts = text().split(separator: "::", omittingEmptySubsequences: false)
    return parts.count == 2 && parts[1] == "main"
  }

  /// Whether the name, without a symbol version behind it, is exactly `plain`.
  public func isNamed(_ plain: StaticString) -> Bool { splitVersion.stem.equals(plain) }

  /// A mangled name longer than this stays as it is: what demanglers do with it is not bounded well enough.
  static let longestMangled = 65_536

  /// The name up to, and from, the `@` of a symbol version (`@@GLIBC_2.34`) or of `@plt`.
  private var splitVersion: (stem: ByteView, suffix: ByteView) {
    let at = unsafe raw.withUnsafeBytes { unsafe $0.dropFirst().firstIndex(of: UInt8(ascii: "@")) } ?? raw.count
    return (raw.slice(0, at) ?? raw, raw.suffix(from: at) ?? .empty)
  }

  private static func clipped(_ raw: ByteView, _ style: Style, version: ByteView = .empty, stem: ByteView? = nil)
    -> String
  {
    guard style == .short else { return raw.text }
    let shown = version.equals("@plt") ? raw : stem ?? raw
    let most = 400
    return shown.count <= most ? shown.text : shown.prefix(from: 0, atMost: UInt64(most)).text + "…"
  }
}

/// How a compiler wrote a name of its language as one word.
package enum ManglingScheme: Sendable {
  /// Itanium C++ ABI, section 5.1; C++ and Rust's legacy mangling, which borrows its form.
  case itanium
  /// RFC 2603.
  case rustV0
  /// Swift's `docs/ABI/Mangling.rst`.
  case swift

  /// Decided by the first bytes; nil for a plain name.
  init?(_ name: ByteView) {
    func byte(_ index: Int) -> UInt8 { name.load(UInt8.self, at: index) ?? 0 }
    switch (byte(0), byte(1)) {
    case (UInt8(ascii: "_"), UInt8(ascii: "Z")), (UInt8(ascii: "_"), UInt8(ascii: "G")): self = .itanium
    case (UInt8(ascii: "_"), UInt8(ascii: "R")): self = .rustV0
    case (UInt8(ascii: "_"), UInt8(ascii: "$")), (UInt8(ascii: "$"), UInt8(ascii: "s")),
      (UInt8(ascii: "$"), UInt8(ascii: "S")), (UInt8(ascii: "$"), UInt8(ascii: "e")),
      (UInt8(ascii: "_"), UInt8(ascii: "T")):
      self = .swift
    default: return nil
    }
  }

  /// The name as people write it; nil where it is not mangled in this way after all.
  func demangle(_ name: ByteView, _ style: SymbolName.Style) -> String? {
    switch self {
    case .itanium: demangleRust(name, style) ?? demangleCxx(name, style)
    case .rustV0: demangleRust(name, style)
    case .swift: demangleSwift(name, style)
    }
  }
}

/// The most bytes that a demangled name may have: a short mangled name can stand for a text without end.
private let longestText = 1 << 20

private func demangleRust(_ name: ByteView, _ style: SymbolName.Style) -> String? {
  // Verbose is what keeps the hash and the disambiguators of crates.
  let options = style == .full ? DMGL_PARAMS | DMGL_VERBOSE : DMGL_PARAMS
  guard let text = callLibiberty(name, isRust: true, options) else { return nil }
  return style == .full ? text : shortenedGenerics(text)
}

private func demangleCxx(_ name: ByteView, _ style: SymbolName.Style) -> String? {
  if style == .full { return callLibiberty(name, isRust: false, DMGL_PARAMS | DMGL_ANSI) }
  let plain = withoutPromotion(name)
  guard let text = callLibiberty(plain, isRust: false, DMGL_PARAMS | DMGL_ANSI | DMGL_RET_DROP) else { return nil }
  return shortenedGenerics(withoutUsualArguments(text))
}

/// The name without what LLVM appends to local symbols that it makes visible to other parts of the program:
/// `.llvm.` and a number.
private func withoutPromotion(_ name: ByteView) -> ByteView {
  let bytes = name.array
  let mark = Array(".llvm.".utf8)
  guard bytes.count > mark.count,
    let start = bytes.indices.dropLast(mark.count).first(where: {
      bytes[$0] == mark[0] && bytes[$0...].starts(with: mark)
    })
  else { return name }
  let rest = bytes[(start + mark.count)...].drop { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
  return ByteView(Array(bytes[..<start]) + rest)
}

/// From this length on libiberty refuses a C++ name unless its limit of recursion is off.
private let longName = 1000
/// The longest C++ name that is demangled without that limit.
private let longestCxxName = 16_384

/// Calls libiberty with a copy of the name that ends in zero. Its own limit of recursion stays on, but for long
/// C++ names, which get a stack that is large enough for what they can nest.
private func callLibiberty(_ name: ByteView, isRust: Bool, _ options: Int32) -> String? {
  var mangled = name.array
  guard !mangled.contains(0) else { return nil }
  let isLong = !isRust && mangled.count >= longName
  guard !isLong || mangled.count <= longestCxxName else { return nil }
  mangled.append(0)
  for capacity in [8192, longestText] {
    var length: Int64 = -1
    let text = unsafe String(unsafeUninitializedCapacity: capacity) { output in
      unsafe mangled.withUnsafeBytes { input in
        unsafe output.withMemoryRebound(to: CChar.self) { characters in
          let mangled = unsafe input.bindMemory(to: CChar.self).baseAddress
          length =
            unsafe isLong
            ? inquest_demangle_long(mangled, options, characters.baseAddress, capacity)
            : inquest_demangle(mangled, isRust ? 1 : 0, options, characters.baseAddress, capacity)
        }
      }
      return Int(max(0, length))
    }
    if length > 0 { return text }
    guard length == -2 else { return nil }
  }
  return nil
}
