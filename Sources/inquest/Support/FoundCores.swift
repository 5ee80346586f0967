import ArgumentParser
import Discovery
import Reporting

/// The core files that lie on this host.
enum FoundCores {
  /// The newest, and a word on how it was chosen.
  ///
  /// - Throws: `ExitStatus.notFound` where there is none, after it has said why and what mends it.
  static func newest() throws -> ReportedInput {
    let found = search()
    guard let newest = found.first else {
      let output = StandardStreams.output()
      DoctorText.writeNoCore(Doctor.examine(.gather()), to: output, StandardStreams.textOptions())
      throw ExitStatus.notFound
    }
    let choice =
      found.count == 1
      ? "the only one found" : "newest of \(found.count); `inquest core --list` shows all"
    return ReportedInput(path: newest.path, choice: choice)
  }

  /// Prints all of them.
  static func list(json: Bool) throws {
    let listed = search().map {
      ListedCore(
        path: $0.path, size: $0.size, modified: $0.modified.components.seconds, place: $0.place,
        compression: $0.compression)
    }
    let output = StandardStreams.output()
    if json {
      try ReportEncoder.encode(listed, to: output)
    } else {
      CoreListText.write(listed, to: output, StandardStreams.textOptions())
    }
    if listed.isEmpty { throw ExitStatus.notFound }
  }

  private static func search() -> [FoundCore] { CoreSearch(pattern: .ofThisHost()).run() }
}
