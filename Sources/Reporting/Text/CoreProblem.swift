internal import Bytes
package import Targets

/// Why a core cannot be examined, and what the user can do about it.
package enum CoreProblem {
  /// A sentence with the path in it.
  package static func text(_ error: CoreError, path: String) -> String {
    switch error {
    case .unreadable(let error): "\(path): \(SystemErrors.text(error.errno))"
    default: "\(path) cannot be examined: \(error)"
    }
  }
}
