import CLinux
import Processes
import Supervision
import Tracing

/// Looks at several processes at the same moment, for what they wait for of each other.
enum TreeLook {
  /// More are not stopped at once.
  private static let most = 64

  /// nil for one process alone, and where one of them cannot be looked at, which its own report says.
  static func waits(among processes: [Int32]) -> TreeWaits? {
    guard processes.count > 1, processes.count <= most, Set(processes).count == processes.count else { return nil }
    do throws(ProcessError) {
      return try waits(among: processes[...], stopped: [])
    } catch {
      return nil
    }
  }

  /// Stops one after another, each until all of them have been looked at.
  private static func waits(
    among rest: ArraySlice<Int32>, stopped: [StoppedProcess]
  ) throws(ProcessError) -> TreeWaits {
    guard let process = rest.first else { return TreeWaits(among: stopped) }
    let facts = try ProcessSnapshot.facts(of: process)
    let began = inquest_nanoseconds()
    return try ProcessStop.during(process) { (reader, threads) throws(ProcessError) in
      var image = try ProcessImage(process: process, reader: reader, facts: facts, threads: threads)
      ProcessSnapshot.nameThreads(&image)
      let one = StoppedProcess(image: image, name: facts.name, missing: [], stoppedSince: began)
      return try waits(among: rest.dropFirst(), stopped: stopped + [one])
    }.result
  }
}
