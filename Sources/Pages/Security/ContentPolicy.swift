/// The page's Content-Security-Policy (W3C CSP 3): nothing is loaded from anywhere, and only our own style and
/// script, named by their digests, take effect. Text of the target that was let through by mistake would be inert.
enum ContentPolicy {
  /// - Parameters:
  ///   - style: the content of the page's style element, byte for byte.
  ///   - script: that of its script element.
  static func text(style: [UInt8], script: [UInt8]) -> String {
    let style = Base64.text(SHA256.digest(style))
    let script = Base64.text(SHA256.digest(script))
    return "default-src 'none'; style-src 'sha256-\(style)'; script-src 'sha256-\(script)'; img-src data:; "
      + "base-uri 'none'; form-action 'none'"
  }
}
