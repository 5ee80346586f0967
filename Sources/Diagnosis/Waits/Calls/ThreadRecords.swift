internal import Machine
internal import Targets

/// libc's record of each thread (`struct pthread`), which the thread pointer leads to, and where in it the thread's id is.
///
/// The offset differs between libraries, versions and architectures; so it is found: at it, the records hold the ids of
/// their own threads. Where a debugger dumped a container from outside, the dump's ids are those of its own pid
/// namespace and memory's are the container's; a child of a bare fork system call has its parent's ids in memory. Then
/// the offset is told by what lies around the id, and ids that memory holds are translated.
struct ThreadRecords {
  /// From the thread pointer to the id in the record; nil where no offset fits.
  let idOffset: Int64?
  /// Whether records were found and none of their words is the thread's id: the ids in memory may be those of another pid
  /// namespace.
  var areIDsDoubtful: Bool { idOffset == nil && !threads.isEmpty }
  /// Whether the ids in memory are not those of the dump.
  let isForeign: Bool
  private let threads: [UInt64: Int32]
  private let ids: RecordedIDs
  private let known: Set<Int32>
  private let memory: any TargetMemory
  private let architecture: Architecture

  /// Where the id lies on x86-64 in glibc and in musl.
  private static let usual: [Int64] = [0x2d0, 0x30]
  /// How many threads are asked; more prove nothing further.
  private static let witnesses = 64

  init(_ target: any Target) {
    memory = target.memory
    architecture = target.architecture
    known = Set(target.threads.map(\.tid))
    let pairs = target.threads.compactMap { thread in
      thread.threadPointer.flatMap { $0 != 0 ? ($0, thread.tid) : nil }
    }
    threads = Dictionary(pairs) { first, _ in first }
    let asked = pairs.prefix(Self.witnesses).map(\.self)
    let own = Self.offset(asked, target)
    let offset = own ?? Self.foreignOffset(asked, target)
    idOffset = offset
    isForeign = own == nil && offset != nil
    ids = RecordedIDs(pairs, offset, target.memory)
  }

  /// The target's threads by the ids that their records hold, read when first asked for: each lies in a page of its own.
  private final class RecordedIDs {
    private let pairs: [(pointer: UInt64, tid: Int32)]
    private let offset: Int64?
    private let memory: any TargetMemory

    init(_ pairs: [(UInt64, Int32)], _ offset: Int64?, _ memory: any TargetMemory) {
      (self.pairs, self.offset, self.memory) = (pairs.map { ($0, $1) }, offset, memory)
    }

    private(set) lazy var threads: [Int32: Int32] =
      offset.map { offset in
        let ids = pairs.compactMap { pointer, tid in
          memory.load(Int32.self, at: pointer &+ UInt64(bitPattern: offset)).flatMap { $0 > 0 ? ($0, tid) : nil }
        }
        // Threads that libc did not make may share a record with the one that made them.
        return Dictionary(ids.filter { $0 == $1 } + ids) { first, _ in first }
      } ?? [:]
  }

  /// Where the offset may be: on aarch64 the record lies below the thread pointer, and thread-local variables above it.
  private static func candidates(_ architecture: Architecture) -> [Int64] {
    architecture == .x86_64
      ? usual + Array(stride(from: Int64(0), to: 0x800, by: 4)) : Array(stride(from: Int64(-4), to: -0xc00, by: -4))
  }

  /// The offset at which most records hold their own thread's id: a thread that libc did not make may have none.
  private static func offset(_ pairs: [(UInt64, Int32)], _ target: any Target) -> Int64? {
    guard !pairs.isEmpty else { return nil }
    let memory = target.memory
    return candidates(target.architecture).first { offset in
      var misses = 0
      for (pointer, tid) in pairs where memory.load(Int32.self, at: pointer &+ UInt64(bitPattern: offset)) != tid {
        misses += 1
        if misses * 2 >= pairs.count { return false }
      }
      return true
    }
  }

  /// The offset at which each record has an id of its own, and around it what libc keeps there.
  private static func foreignOffset(_ pairs: [(UInt64, Int32)], _ target: any Target) -> Int64? {
    guard !pairs.isEmpty else { return nil }
    let memory = target.memory
    return candidates(target.architecture).first { offset in
      var ids: Set<Int32> = []
      return pairs.allSatisfy { pointer, _ in
        let place = pointer &+ UInt64(bitPattern: offset)
        guard let id = memory.load(Int32.self, at: place), id > 0, id <= WaitObject.highestThread else { return false }
        return ids.insert(id).inserted
          && (isIDOfGlibc(place, memory) || isIDOfMusl(offset, pointer, target.architecture, memory))
      }
    }
  }

  /// Behind the id glibc keeps the list of robust mutexes, whose third word is the distance from a mutex's link to its
  /// lock word: -32 (nptl/descr.h, `robust_head`; sysdeps/nptl/dl-tls_init_tp.c).
  private static func isIDOfGlibc(_ place: UInt64, _ memory: any TargetMemory) -> Bool {
    memory.word(at: place &+ 24) == UInt64(bitPattern: -32)
  }

  /// In musl the records are linked in a ring (src/internal/pthread_impl.h: `prev` and `next` at 16 and 24).
  private static func isIDOfMusl(
    _ offset: Int64, _ pointer: UInt64, _ architecture: Architecture, _ memory: any TargetMemory
  ) -> Bool {
    guard architecture == .x86_64, offset == 0x30, memory.word(at: pointer) == pointer,
      let next = memory.word(at: pointer &+ 24)
    else { return false }
    return memory.word(at: next &+ 16) == pointer
  }

  /// Whether the target has a thread with this id, as the dump gives it.
  func isAlive(_ tid: Int32) -> Bool { known.contains(tid) }

  /// The target's thread, by the id that memory holds for it: in a lock's word, in a record; nil where it has none.
  func thread(recordedAs id: Int32) -> Int32? {
    !isForeign && known.contains(id) ? id : ids.threads[id]
  }

  /// The id that memory holds for a thread of the target.
  func recordedID(of tid: Int32) -> Int32? {
    isForeign ? ids.threads.first { $0.value == tid }?.key : tid
  }

  /// The ids that memory holds for the target's threads, ascending.
  var recordedIDs: [Int32] { ids.threads.keys.sorted() }

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

  /// Whether the record of the thread pointer `pointer` says that its thread has ended: fork leaves those that it does not
  /// take along as they were.
  ///
  /// The bits for it (EXITING_BITMASK, TERMINATED_BITMASK of glibc's nptl/descr.h) are in a word behind the id, in which
  /// living threads have none of them; nil where that does not fit.
  func hasEnded(recordOf pointer: UInt64) -> Bool? {
    guard let idOffset, architecture == .x86_64, idOffset == Self.usual[0] else { return nil }
    func state(_ pointer: UInt64) -> UInt32? { memory.load(UInt32.self, at: pointer &+ Self.cancelHandling) }
    guard threads.keys.prefix(Self.witnesses).allSatisfy({ state($0).map { $0 & ~0x4f == 0 } ?? false }),
      let found = state(pointer), found & ~0x7f == 0
    else { return nil }
    return found & 0x30 != 0
  }

  /// The offset of `cancelhandling` on x86-64, where the id lies at 0x2d0.
  private static let cancelHandling: UInt64 = 0x308
}
