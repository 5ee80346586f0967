package import DWARF

/// Something of a module's debug information that could not be read.
package enum DebugProblem: Sendable, Equatable {
  /// A part of it makes no sense, or is of a kind that is not read.
  case unreadable(DebugInfoError)
  /// The file at this path, as the module's files name it, which holds what several of them share, was not found.
  case missingSupplement(path: String)
}

extension DebugProblem: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let error): error.description
    case .missingSupplement(let path): "\(path) was not found"
    }
  }
}
