internal import CLinux

/// A folder that stands for a target's `/`: the host's own, a container's root, a cross libc's folder.
///
/// Symbolic links in a root that is not the host's are followed inside it: an absolute link starts again at
/// the root, `..` never leaves it, and no more links are followed than the kernel would (path_resolution(7)).
struct SystemRoot: Sendable {
  /// The host's path without a slash at its end; empty for `/` itself.
  let path: String
  /// Where the ways through symbolic links are noted, or taken from; nil where nobody asks.
  var links: ResolvedLinks?

  /// The most links that are followed on the way to one file, as in the kernel (MAXSYMLINKS).
  private static let maximumLinks = 40
  /// PATH_MAX.
  private static let maximumLength = 4096
  /// The most components of a path that are looked at, links' own included.
  private static let maximumComponents = 512

  /// - Parameter path: the host's path of the folder.
  init(_ path: String, links: ResolvedLinks? = nil) {
    self.links = links
    var trimmed = Substring(path)
    while trimmed.hasSuffix("/") { trimmed.removeLast() }
    self.path = String(trimmed)
  }

  /// Whether this is the host's own root.
  var isHost: Bool { path.isEmpty }

  /// The host's path of what the target calls `targetPath`, an absolute path.
  ///
  /// The last component is resolved too. What does not exist is no error here; opening it will say so.
  /// - Returns: nil where links run in circles, or the path is longer than any can be.
  func hostPath(of targetPath: String) -> String? {
    guard targetPath.utf8.count <= Self.maximumLength else { return nil }
    if isHost { return targetPath }
    if let links, links.isReplayed { return links[path, targetPath] ?? plainPath(of: targetPath) }
    let resolved = resolvedPath(of: targetPath)
    if let resolved, resolved != plainPath(of: targetPath) { links?[path, targetPath] = resolved }
    return resolved
  }

  /// The path below the root, without regard to links.
  private func plainPath(of targetPath: String) -> String {
    join(targetPath.split(separator: "/").filter { $0 != "." })
  }

  private func resolvedPath(of targetPath: String) -> String? {
    var pending = Array(targetPath.split(separator: "/").reversed())
    var resolved: [Substring] = []
    var links = 0
    var steps = 0
    while let component = pending.popLast() {
      steps += 1
      guard steps <= Self.maximumComponents else { return nil }
      if component == "." { continue }
      if component == ".." {
        // The parent of a root is the root.
        if !resolved.isEmpty { resolved.removeLast() }
        continue
      }
      resolved.append(component)
      let destination: String
      switch Self.component(at: join(resolved)) {
      case .plain: continue
      case .missing: return join(resolved + pending.reversed())
      case .link(let text): destination = text
      }
      links += 1
      guard links <= Self.maximumLinks else { return nil }
      if destination.hasPrefix("/") { resolved.removeAll() } else { resolved.removeLast() }
      pending += destination.split(separator: "/").reversed()
    }
    return join(resolved)
  }

  private func join(_ components: [Substring]) -> String {
    components.isEmpty ? path + "/" : path + "/" + components.joined(separator: "/")
  }

  /// What lies at a host's path.
  private enum Component {
    /// A symbolic link, and where it leads.
    case link(String)
    /// Anything else.
    case plain
    /// Nothing.
    case missing
  }

  private static func component(at path: String) -> Component {
    let notFound: Int64 = -2  // -ENOENT
    var buffer = [UInt8](repeating: 0, count: maximumLength)
    let length = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe inquest_read_link(path, bytes.baseAddress, UInt64(bytes.count))
    }
    if length == notFound { return .missing }
    guard length > 0, length < buffer.count else { return .plain }
    return .link(String(decoding: buffer[..<Int(length)], as: UTF8.self))
  }
}
