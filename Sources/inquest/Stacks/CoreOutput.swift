import ArgumentParser
import CLinux
import Processes
import Reporting
import Tracing

/// The core that `--core` asks for.
enum CoreOutput {
  /// Stops the process, and writes its core while it stands still. The file appears when it is whole.
  static func write(_ path: String, of process: Int32) throws -> ProcessSnapshot {
    var replacement = inquest_replacement()
    try check(unsafe inquest_begin_replacement(path, &replacement), path)
    do {
      let snapshot = try snapshot(process, replacement.descriptor, isCompressed: path.hasSuffix(".zst"))
      switch snapshot.core {
      case .success(let size):
        try check(unsafe inquest_finish_replacement(&replacement), path)
        StandardStreams.complain("wrote \(path), a core of \(Quantities.bytes(size))")
      case .failure(.failed(let errno)): try check(-Int64(errno), path)
      case .failure(.compression), nil: try check(-12, path)
      }
      return snapshot
    } catch {
      unsafe inquest_abandon_replacement(&replacement)
      throw error
    }
  }

  private static func snapshot(_ process: Int32, _ descriptor: Int32, isCompressed: Bool) throws -> ProcessSnapshot {
    do {
      let sink: any CoreSink =
        isCompressed ? try CompressedCoreSink(descriptor: descriptor) : SparseCoreSink(descriptor: descriptor)
      return try ProcessSnapshot(of: process, coreSink: sink)
    } catch let error as ProcessError {
      throw ProcessProblem.told(error)
    }
  }

  private static func check(_ result: Int64, _ path: String) throws {
    guard result != 0 else { return }
    StandardStreams.complain("cannot write \(path): \(SystemErrors.text(Int32(clamping: -result)))")
    throw ExitStatus.unreadable
  }
}
