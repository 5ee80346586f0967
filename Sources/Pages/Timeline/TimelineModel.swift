/// Threads over time. Times are nanoseconds since the beginning.
package struct TimelineModel: Sendable {
  package struct Lane: Sendable {
    package let thread: Int32
    package let process: Int32
    package let begin: UInt64
    package let end: UInt64
    package let how: String?

    package init(thread: Int32, process: Int32, begin: UInt64, end: UInt64, how: String?) {
      self.thread = thread
      self.process = process
      self.begin = begin
      self.end = end
      self.how = how
    }
  }

  package struct Call: Sendable {
    package let thread: Int32
    package let begin: UInt64
    package let end: UInt64
    package let name: String
    package let kind: CallKind
    package let isError: Bool
    package let text: String

    package init(
      thread: Int32, begin: UInt64, end: UInt64, name: String, kind: CallKind, isError: Bool, text: String
    ) {
      self.thread = thread
      self.begin = begin
      self.end = end
      self.name = name
      self.kind = kind
      self.isError = isError
      self.text = text
    }
  }

  /// What calls are about, which gives them their colours.
  package enum CallKind: Int, Sendable, CaseIterable {
    case file, network, memory, waiting, other

    /// As the legend has it.
    var words: String {
      switch self {
      case .file: "files"
      case .network: "network"
      case .memory: "memory"
      case .waiting: "waiting"
      case .other: "other"
      }
    }
  }

  package struct Mark: Sendable {
    package let thread: Int32
    package let time: UInt64
    package let name: String

    package init(thread: Int32, time: UInt64, name: String) {
      self.thread = thread
      self.time = time
      self.name = name
    }
  }

  package struct Arrow: Sendable {
    package let from: Int32
    package let to: Int32
    package let time: UInt64
    package let isJoin: Bool

    package init(from: Int32, to: Int32, time: UInt64, isJoin: Bool) {
      self.from = from
      self.to = to
      self.time = time
      self.isJoin = isJoin
    }
  }

  package var title: String
  package var lanes: [Lane] = []
  package var calls: [Call] = []
  package var marks: [Mark] = []
  package var arrows: [Arrow] = []
  /// Names of processes.
  package var names: [Int32: String] = [:]
  package var lanesLeftOut = 0
  package var callsLeftOut = 0
  package var arrowsLeftOut = 0
  package var marksLeftOut = 0

  package init(title: String) { self.title = title }
}
