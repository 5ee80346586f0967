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
  private let architecture: Architecture

  /// Where the id lies on x86-64 in glibc and in musl.
  private static let usual: [Int64] = [0x2d0, 0x30]
  /// How many threads must agree; more prove nothing further.
  private static let witnesses = 64

  init(_ target: any Target) {
    memory = target.memory
    architecture = target.architecture
    known = Set(target.threads.map(\.tid))
    let pairs = target.threads.compactMap { thread in
      thread.threadPointer.flatMap { $0 != 0 ? ($0, thread.tid) : nil }
    }
    threads = Dictionary(pairs) { first, _ in first }
    idOffset = Self.offset(pairs.prefix(Self.witnesses).map(\.self), target)
  }

  private static func offset(_ pairs: [(UInt64, Int32)], _ target: any Target) -> Int64? {
    guard !pairs.isEmpty else { return nil }
    let memory = target.memory
    // On aarch64 the record lies below the thread pointer, and thread-local variables above it.
    let candidates =
      target.architecture == .x86_64
      ? usual + Array(stride(from: Int64(0), to: 0x800, by: 4)) : Array(stride(from: Int64(-4), to: -0xc00, by: -4))
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

  /// Whether `address` can be that of the id in a record, of a living thread or of another: on x86-64 records of glibc
  /// and musl begin with their own address.
  func isRecord(withIDAt address: UInt64) -> Bool {
    guard let idOffset else { return false }
    let pointer = address &- UInt64(bitPattern: idOffset)
    return architecture == .aarch64 ? memory.word(at: pointer) != nil : memory.word(at: pointer) == pointer
  }

  /// The id in the record of the thread pointer `pointer`, of a thread that may be gone.
  func id(inRecordOf pointer: UInt64) -> Int32? {
    idOffset.flatMap { memory.load(Int32.self, at: pointer &+ UInt64(bitPattern: $0)) }
  }
}
