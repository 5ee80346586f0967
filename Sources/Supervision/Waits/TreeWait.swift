package import Processes

/// What a thread of one of several processes waits for, and who could end it.
package struct TreeWait: Sendable, Equatable {
  /// Somebody who can end a wait.
  package enum Ender: Hashable, Sendable {
    /// This thread alone, by its id in our pid namespace.
    case thread(Int32)
    /// Any thread of a process; the end of the process, where that is waited for.
    case process(Int32)
  }

  package enum Kind: Sendable, Equatable {
    /// A pipe or a named one; whether it is waited for somebody to write to it.
    case pipe(String, reads: Bool)
    case socket(String, reads: Bool)
    case descriptors
    case child
    case lock(owner: Int32?)
    case memory
    /// A futex that only its own process can wake.
    case own
    case fileLock
    /// An eventfd, or a message queue.
    case queue(String, reads: Bool)
    case semaphores
    /// What nobody can tell who ends: a signal, a timer, the kernel's work.
    case other
  }

  package let process: Int32
  /// Its id in our pid namespace.
  package let thread: Int32
  package let kind: Kind
  /// "waits to read from pipe:[4711] (descriptor 0)".
  package let text: String
  /// Who can end it, of the processes that are looked at.
  package var enders: [Ender]
  /// Whether somebody else can end it, or time, or nothing that is known.
  package var isOpen: Bool
  /// What speaks against its lasting for ever, though nothing was found that ends it.
  package var doubts: [String]

  /// The processes among ``enders``, and those of the threads there.
  func holders(_ processOf: [Int32: Int32]) -> [Int32] {
    var result: Set<Int32> = []
    for ender in enders {
      switch ender {
      case .process(let process): result.insert(process)
      case .thread(let thread): if let process = processOf[thread] { result.insert(process) }
      }
    }
    return result.sorted()
  }
}

/// A process whose threads all stand still.
package struct StoppedProcess {
  package let image: ProcessImage
  /// Its name, for people.
  package let name: String
  /// The threads that could not be stopped, or not read.
  package let missing: [Int32]
  /// When its threads began to be stopped, in nanoseconds of the host's clock.
  package let stoppedSince: UInt64

  package init(image: ProcessImage, name: String, missing: [Int32], stoppedSince: UInt64) {
    self.image = image
    self.name = name
    self.missing = missing
    self.stoppedSince = stoppedSince
  }
}
