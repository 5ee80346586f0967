internal import Machine
internal import Targets

/// libc's record of each thread (`struct pthread`), which the thread pointer leads to, and where in it the thread's id is.
///
/// The offset differs between libraries, versions and architectures; so it is found: at it, each record holds the id of
/// its own thread.
struct ThreadRecords {
  /// From the thread pointer to the id in the record; nil where no offset fits.
  let idOffset: Int64?
  private let threads: [UInt64: Int32]
  private let known: Set<Int32>
  private let memory: any TargetMemory

  /// Where the id lies in most: glibc on x86-64 (0x2d0) and musl (0x30; from the end of the record on aarch64), glibc on
  /// aarch64, whose record lies below the thread pointer.
  private static let usual: [Int64] = [0x2d0, 0x30, -0x170 - 0x3b0]
  /// How many threads must agree; more prove nothing further.
  private static let witnesses = 64

  init(_ target: any Target) {
    memory = target.memory
    known = Set(target.threads.map(\.tid))
    let pairs = target.threads.compactMap { thread in
      thread.threadPointer.flatMap { $0 != 0 ? ($0, thread.tid) : nil }
    }
    threads = Dictionary(pairs) { first, _ in first }
    idOffset = Self.offset(pairs.prefix(Self.witnesses).map(\.self), target.memory)
  }

  private static func offset(_ pairs: [(UInt64, Int32)], _ memory: any TargetMemory) -> Int64? {
    guard !pairs.isEmpty else { return nil }
    let candidates =
      usual + Array(stride(from: Int64(0), to: 0x800, by: 4)) + Array(stride(from: Int64(-4), to: -0x900, by: -4))
    return candidates.first { offset in
      pairs.allSatisfy { pointer, tid in
        memory.load(Int32.self, at: pointer &+ UInt64(bitPattern: offset)) == tid
      }
    }
  }

  /// Whether the target has a thread with this id.
  func isAlive(_ tid: Int32) -> Bool { known.contains(tid) }

  /// The thread whose thread pointer is `pointer`; nil where none has it.
  func thread(withPointer pointer: UInt64) -> Int32? { threads[pointer] }

  /// The thread whose record holds its id at `address`; nil where it is the word of no living thread.
  func thread(withIDAt address: UInt64) -> Int32? {
    idOffset.flatMap { threads[address &- UInt64(bitPattern: $0)] }
  }

  /// The id in the record of the thread pointer `pointer`, of a thread that may be gone.
  func id(inRecordOf pointer: UInt64) -> Int32? {
    idOffset.flatMap { memory.load(Int32.self, at: pointer &+ UInt64(bitPattern: $0)) }
  }
}
