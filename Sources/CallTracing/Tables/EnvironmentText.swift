internal import SystemCalls

/// Writes changes of the environment and races as text.
///
/// A program may change a variable in a loop: of one place the first few changes are written, the others counted, so that
/// races are not buried under them.
package final class EnvironmentText: EnvironmentListener {
  private let stacks: (any StackNames)?
  private let output: any TraceOutput
  private let start: UInt64
  private var text = CallText()
  private var changes: [EnvironmentPlace: Int] = [:]
  /// Places in the order in which they were folded.
  private var folded: [EnvironmentPlace] = []
  /// Changes of one place that are written.
  private static let most = 5

  package init(stacks: (any StackNames)?, start: UInt64, output: any TraceOutput) {
    self.stacks = stacks
    self.start = start
    self.output = output
  }

  package func changed(_ use: EnvironmentUse) {
    let count = changes[use.place, default: 0] + 1
    changes[use.place] = count
    guard count <= Self.most else {
      if count == Self.most + 1 {
        folded.append(use.place)
        begin(use)
        text.append(verbatim: "\(place(use.place)): from here on only counted\n")
      }
      return
    }
    begin(use)
    text.append(verbatim: use.text)
    text.append("\n")
    append(use.place.stack)
  }

  package func raced(_ use: EnvironmentUse, while other: EnvironmentUse) {
    begin(use)
    text.append("RACE: ")
    text.append(verbatim: use.text)
    text.append(" while thread ")
    text.append(signed: Int64(other.thread))
    text.append(" was in ")
    text.append(verbatim: other.text)
    text.append("\n")
    append(use.place.stack)
    append(other.place.stack)
  }

  private func place(_ place: EnvironmentPlace) -> String {
    place.stack > 0 ? "\(place.name) at stack \(place.stack)" : place.name
  }

  private func begin(_ use: EnvironmentUse) {
    let since = use.time >= start ? (use.time - start) / 1000 : 0
    text.append(decimal: since / 1_000_000)
    text.append(".")
    text.append(decimal: since % 1_000_000, digits: 6)
    text.append(" [")
    text.append(signed: Int64(use.process))
    if use.thread != use.process {
      text.append("/")
      text.append(signed: Int64(use.thread))
    }
    text.append("] ")
  }

  private func append(_ stack: Int32) {
    if stack > 0 { stacks?.append(stack, to: &text) }
    if text.bytes.count > 16_384 { pause() }
  }

  package func pause() {
    guard !text.bytes.isEmpty else { return }
    output.write(text.bytes)
    text.bytes.removeAll(keepingCapacity: true)
  }

  package func finish(_ counts: EnvironmentCounts) {
    for place in folded {
      let count = changes[place] ?? 0
      text.append(verbatim: "\(self.place(place)): \(count) times, of which \(Self.most) are shown\n")
    }
    text.append(
      verbatim: "environment: \(Self.number(counts.changes, "change")), \(Self.number(counts.readings, "reading")), ")
    text.append(
      verbatim: counts.races == 0
        ? "no race seen\n"
        : "\(Self.number(counts.races, "race")) at \(Self.number(counts.racingPlaces, "pair")) of places\n")
    pause()
  }

  private static func number(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
}
