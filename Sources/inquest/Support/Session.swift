import ArgumentParser
import Compression
import Diagnosis
import ModuleFiles
import Reporting
import Targets

/// A core that was opened, ready to be examined.
struct Session {
  let path: String
  let target: CoreTarget
  let investigation: Investigation
  let progress: ProgressLine

  /// Opens the core at `path`.
  ///
  /// - Throws: `ExitStatus.unreadable` after it has said why.
  init(_ path: String, _ files: FileOptions) throws {
    let progress = ProgressLine(isForced: files.progress)
    self.progress = progress
    self.path = path
    do throws(CoreError) {
      target = try CoreTarget(path: path, search: files.searchPaths) {
        progress.show("unpacking MiB", Int($0.consumed >> 20), Int($0.total >> 20))
      }
    } catch {
      progress.clear()
      StandardStreams.complain(CoreProblem.text(error, path: path))
      throw ExitStatus.unreadable
    }
    investigation = Investigation(target: target, finder: target.finder)
  }

  /// What a path of the target's is on this host.
  var files: @Sendable (String) -> FileExistence {
    { [finder = target.finder] path in
      switch finder.kind(ofPath: path) {
      case .file: .file
      case .folder, .other: .folder
      case nil: .none
      }
    }
  }
}
