internal import Bytes
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The Swift runtime's demangler. The result is allocated with malloc.
@_silgen_name("swift_demangle")
private func runtimeDemangle(
  _ name: UnsafePointer<UInt8>?, _ length: UInt, _ output: UnsafeMutablePointer<UInt8>?,
  _ outputSize: UnsafeMutablePointer<UInt>?, _ flags: UInt32
) -> UnsafeMutablePointer<CChar>?

/// A longer Swift name is not demangled: nested types could take the runtime's recursion too deep.
private let longestName = 8192

/// Demangles a Swift name by the runtime's own demangler.
///
/// - Returns: nil where it is no mangled Swift name.
func demangleSwift(_ name: ByteView, _ style: SymbolName.Style) -> String? {
  guard name.count <= longestName else { return nil }
  // The runtime is told the length, and looks for the zero byte at the end all the same.
  let terminated = name.array + [0]
  let result = unsafe terminated.withUnsafeBufferPointer { bytes in
    unsafe runtimeDemangle(bytes.baseAddress, UInt(name.count), nil, nil, 0)
  }
  guard let result = unsafe result else { return nil }
  defer { unsafe free(result) }
  let text = unsafe String(cString: result)
  return style == .full ? text : shortenedGenerics(simplifiedSwift(text))
}

/// Leaves out what Swift programmers do not write: the module of the standard library, the discriminators of
/// private declarations (`(count in _4A1B…)`), and default argument thunks' wordiness stays.
private func simplifiedSwift(_ text: String) -> String {
  var result = ""
  var rest = Substring(text)
  while let found = rest.firstIndex(where: { $0 == "S" || $0 == "(" || $0 == "_" }) {
    let isWordStart =
      found == rest.startIndex
      ? !(result.last?.isIdentifierPart ?? false)
      : !rest[rest.index(before: found)].isIdentifierPart
    result += rest[..<found]
    rest = rest[found...]
    if isWordStart, let stripped = rest.droppingPrefix("Swift.") ?? rest.droppingPrefix("__C.") {
      rest = stripped
    } else if let (name, after) = rest.privateDeclaration {
      result += name
      rest = after
    } else {
      result.append(rest.removeFirst())
    }
  }
  return result + rest
}

extension Character {
  fileprivate var isIdentifierPart: Bool { isLetter || isNumber || self == "_" || self == "." }
}

extension Substring {
  fileprivate func droppingPrefix(_ prefix: String) -> Substring? {
    hasPrefix(prefix) ? dropFirst(prefix.count) : nil
  }

  /// For `(name in _0123ABCD)…`: the name, and what comes behind.
  fileprivate var privateDeclaration: (name: Substring, after: Substring)? {
    guard first == "(", let space = firstIndex(of: " ") else { return nil }
    let name = self[index(after: startIndex)..<space]
    guard !name.isEmpty, let discriminator = self[space...].droppingPrefix(" in _"),
      let end = discriminator.firstIndex(of: ")"), discriminator[..<end].allSatisfy(\.isHexDigit)
    else { return nil }
    return (name, discriminator[discriminator.index(after: end)...])
  }
}
