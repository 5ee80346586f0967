internal import Bytes

/// Texts as C wants them: pointers to bytes that end in zero, the last pointer null. Freed with the object.
@safe final class CStrings {
  let pointers: UnsafeMutablePointer<UnsafePointer<CChar>?>
  private let bytes: [UnsafeMutablePointer<CChar>]

  /// - Parameters:
  ///   - texts: a zero byte in one ends it.
  ///   - undecoded: what some of them stand for.
  init(_ texts: [String], undecoded: UndecodedTexts = UndecodedTexts()) {
    unsafe bytes = texts.map { text in
      let utf8 = undecoded.bytes(of: text).map { CChar(bitPattern: $0) } + [0]
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: utf8.count)
      unsafe copy.initialize(from: utf8, count: utf8.count)
      return unsafe copy
    }
    unsafe pointers = .allocate(capacity: texts.count + 1)
    for index in texts.indices { unsafe (pointers + index).initialize(to: UnsafePointer(bytes[index])) }
    unsafe (pointers + texts.count).initialize(to: nil)
  }

  deinit {
    unsafe bytes.forEach { unsafe $0.deallocate() }
    unsafe pointers.deallocate()
  }
}
