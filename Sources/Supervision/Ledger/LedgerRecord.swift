/// What is kept of a thread for as long as the program runs: 48 bytes, since there may be a million of them.
package struct LedgerRecord: Sendable {
  /// Its kernel id, in the tracer's pid namespace.
  package var thread: Int32
  /// Which process it belonged to: an index of ``ThreadLedger/processes``.
  var process: UInt32
  /// The thread that made it; 0 where nobody told.
  package var creator: Int32
  /// Who joined it; 0 for nobody.
  package var joiner: Int32
  /// The `pthread_t`; 0 where it is no thread of libc's.
  package var handle: UInt64
  /// Where it was made, and by which function it began: an index of ``ThreadLedger/sites``.
  package var site: UInt32
  /// Its name: an index of ``ThreadLedger/names``, 0 for none.
  var name: UInt32
  /// Milliseconds since the program began.
  package var born: UInt32
  /// 0 for one that lives.
  package var ended: UInt32
  package var ending: Ending
  package var standing: Standing
  /// Whether libc's own record said that it ended by itself, and not with its process.
  var isEndSeen = false

  /// How it ended.
  package enum Ending: UInt8, Sendable {
    case lives, returned, calledExit, cancelled
    /// With its whole process.
    case withProcess
    /// Its process executed another program.
    case withProgram
    /// By itself and not through libc: by the system call, or with its process.
    case withoutLibrary
    /// Nothing tells how.
    case unknown
  }

  /// What becomes of its remains.
  package enum Standing: UInt8, Sendable {
    /// Somebody has to join it.
    case joinable
    /// Somebody has begun to join it, and should succeed.
    case joining
    /// Somebody has joined it.
    case joined
    /// It was made detached, or detached later.
    case detached
    /// Made before anybody watched: whether it was made detached is not known.
    case untold
    /// Somebody has begun to join or detach it, and how that ended was not seen.
    case unseen
    /// Somebody wanted to join it, and was refused.
    case refused
    /// It is no thread that can be joined: the first of a process, or one that libc did not make.
    case foreign
  }
}

/// Records in pieces, so that growing never copies what is there.
struct LedgerRecords {
  private static let pieceSize = 4096
  private var pieces: [[LedgerRecord]] = []
  private(set) var count = 0

  subscript(_ index: Int) -> LedgerRecord {
    get { pieces[index / Self.pieceSize][index % Self.pieceSize] }
    set { pieces[index / Self.pieceSize][index % Self.pieceSize] = newValue }
  }

  mutating func append(_ record: LedgerRecord) -> Int {
    if count % Self.pieceSize == 0 {
      var piece: [LedgerRecord] = []
      piece.reserveCapacity(Self.pieceSize)
      pieces.append(piece)
    }
    pieces[count / Self.pieceSize].append(record)
    count += 1
    return count - 1
  }
}
