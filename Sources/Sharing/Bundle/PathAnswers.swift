package import Diagnosis
internal import Synchronization

/// What paths were on a host, as a report asked it: noted while a core is packed, and told again where it is read.
final class PathAnswers: Sendable {
  /// Tells what a path of the target's is on the host.
  typealias Question = @Sendable (_ path: String) -> FileExistence

  private let known = Mutex<[String: Bool]>([:])

  /// The question, whose answers are noted.
  func noting(_ ask: @escaping Question) -> Question {
    { path in
      let answer = ask(path)
      switch answer {
      case .file: self.known.withLock { $0[path] = true }
      case .folder: self.known.withLock { $0[path] = false }
      case .none: break
      }
      return answer
    }
  }

  /// What was noted, by path.
  var noted: [BundleManifest.PackedPath] {
    known.withLock { $0 }.sorted { $0.key < $1.key }.map { .init(path: $0.key, isFile: $0.value) }
  }
}

extension BundleManifest {
  /// Answers as the host did where the core was packed; nil where the bundle does not tell.
  package var pathQuestion: (@Sendable (_ path: String) -> FileExistence)? {
    guard let paths else { return nil }
    let known = Dictionary(paths.map { ($0.path, $0.isFile) }) { first, _ in first }
    return { path in known[path].map { $0 ? .file : .folder } ?? .none }
  }
}
