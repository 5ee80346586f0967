/// Texts as C wants them: pointers to bytes that end in zero, the last pointer null. Freed with the object.
@safe final class CStrings {
  let pointers: UnsafeMutablePointer<UnsafePointer<CChar>?>
  private let bytes: [UnsafeMutablePointer<CChar>]

  /// - Parameter texts: a zero byte in one ends it.
  init(_ texts: [String]) {
    unsafe bytes = texts.map { text in
      let utf8 = text.utf8.map { CChar(bitPattern: $0) } + [0]
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
