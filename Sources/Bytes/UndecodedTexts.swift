/// The bytes of texts that are no UTF-8, by the text that stands for them.
///
/// Linux passes arguments and variables as bytes; as a `String` some become something else. What hands them on puts the
/// bytes back.
package struct UndecodedTexts: Sendable {
  private let originals: [String: [UInt8]]

  /// - Parameter texts: byte sequences that are no UTF-8. Of two that read alike the first one counts.
  package init(_ texts: [[UInt8]] = []) {
    originals = Dictionary(texts.map { (String(decoding: $0, as: UTF8.self), $0) }) { first, _ in first }
  }

  /// The bytes that a text stands for: its own, unless it is one of these.
  package func bytes(of text: String) -> [UInt8] { originals[text] ?? Array(text.utf8) }
}
