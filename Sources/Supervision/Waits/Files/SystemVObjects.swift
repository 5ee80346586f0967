internal import CLinux
internal import Processes

/// A set of System V semaphores (semop(2)), as it is at this moment.
struct SemaphoreSet {
  /// One operation of semop: `struct sembuf`.
  struct Operation: Equatable {
    let number: UInt16
    let change: Int16

    /// Whether a semaphore of this value makes it wait.
    func waits(at value: Int32) -> Bool { change < 0 ? value < -Int32(change) : change == 0 && value != 0 }
  }

  /// More semaphores than that are not looked at.
  private static let most: UInt32 = 1024

  let id: Int32
  /// Whether it can be found by a key, by anybody.
  let hasKey: Bool
  let values: [Int32]
  /// Who changed each last, or tried to; 0 for nobody.
  let lastProcesses: [Int32]

  /// nil where there is none in our namespace, or it may not be read.
  init?(_ id: Int32) {
    var set = inquest_semaphore_set()
    guard unsafe inquest_semaphore_set(id, &set) == 0, set.count <= Self.most else { return nil }
    var values: [Int32] = []
    var processes: [Int32] = []
    for number in 0..<Int32(set.count) {
      var (value, process): (Int32, Int32) = (0, 0)
      guard unsafe inquest_semaphore(id, number, &value, &process) == 0 else { return nil }
      values.append(value)
      processes.append(process)
    }
    self.init(id: id, hasKey: set.key != 0, values: values, lastProcesses: processes)
  }

  init(id: Int32, hasKey: Bool, values: [Int32], lastProcesses: [Int32]) {
    self.id = id
    self.hasKey = hasKey
    self.values = values
    self.lastProcesses = lastProcesses
  }

  /// The operation that the others wait for: they are done all at once or not at all. nil where none has to wait, or where
  /// one depends on another.
  func blocked(_ operations: [Operation]) -> Operation? {
    guard Set(operations.map(\.number)).count == operations.count,
      operations.allSatisfy({ Int($0.number) < values.count })
    else { return nil }
    return operations.first { $0.waits(at: values[Int($0.number)]) }
  }
}

/// A System V message queue (msgop(2)), as it is at this moment.
struct MessageQueue {
  let hasKey: Bool
  let messages: UInt64
  /// How many bytes there is room for.
  let room: UInt64
  /// Who sent and received last; 0 for nobody.
  let lastProcesses: [Int32]

  /// nil where there is none in our namespace, or it may not be read.
  init?(_ id: Int32) {
    var queue = inquest_message_queue()
    guard unsafe inquest_message_queue(id, &queue) == 0 else { return nil }
    hasKey = queue.key != 0
    messages = queue.messages
    room = queue.limit > queue.bytes ? queue.limit - queue.bytes : 0
    lastProcesses = [queue.last_sender, queue.last_receiver]
  }
}
