internal import Bytes
internal import ELF

/// The notes of a core, sorted by what they speak of (Linux `fs/binfmt_elf.c`, `include/uapi/linux/elf.h`).
///
/// Kernels and gdb write them in different orders; what all have in common is that a thread's notes follow its
/// NT_PRSTATUS.
struct CoreNotes {
  /// A thread's NT_PRSTATUS and what follows it.
  struct ThreadNotes {
    let status: ByteView
    var signalInfo: ByteView?
    /// Floating point and other register sets, by type.
    var registers: [RegisterNote] = []
  }

  private(set) var threads: [ThreadNotes] = []
  private(set) var processInfo: ByteView?
  private(set) var auxiliaryVector: ByteView?
  private(set) var files: ByteView?
  /// What a trimmed core says of the one that it was made of: ``TrimNote``.
  private(set) var original: ByteView?
  /// NT_SIGINFO that comes before any thread.
  private(set) var leadingSignalInfo: ByteView?
  /// Whether the file ends within a note, or before one that is stated.
  private(set) var isTruncated = false

  /// The most PT_NOTE segments that are read: real cores have one.
  private static let maximumSegments = 64

  init(_ elf: ELFFile, segments: [ProgramHeader]) {
    // Segments that lie over one another must not be read more than once in all.
    var budget = elf.bytes.count
    for segment in segments.lazy.filter({ $0.type == ProgramHeader.note }).prefix(Self.maximumSegments) {
      let bytes = elf.contents(of: segment)
      guard bytes.count <= budget else { break }
      budget -= bytes.count
      if UInt64(bytes.count) < segment.fileSize { isTruncated = true }
      for note in Notes(bytes, alignment: segment.alignment) { add(note) }
    }
  }

  private mutating func add(_ note: Note) {
    if note.isTruncated { isTruncated = true }
    if note.name.equals(TrimNote.owner), note.type == TrimNote.type, !note.isTruncated {
      original = original ?? note.contents
    }
    guard note.name.equals("CORE") || note.name.equals("LINUX") else { return }
    switch note.type {
    case NoteType.threadStatus: threads.append(ThreadNotes(status: note.contents))
    case NoteType.processInfo: processInfo = processInfo ?? note.contents
    case NoteType.auxiliaryVector: auxiliaryVector = auxiliaryVector ?? note.contents
    case NoteType.files: files = files ?? note.contents
    case NoteType.signalInfo:
      if threads.isEmpty {
        leadingSignalInfo = leadingSignalInfo ?? note.contents
      } else if threads[threads.count - 1].signalInfo == nil {
        threads[threads.count - 1].signalInfo = note.contents
      }
    default:
      guard !threads.isEmpty, threads[threads.count - 1].registers.count < 64 else { return }
      threads[threads.count - 1].registers.append(RegisterNote(type: note.type, contents: note.contents))
    }
  }
}

/// Note types of cores.
enum NoteType {
  /// NT_PRSTATUS.
  static let threadStatus: UInt32 = 1
  /// NT_PRPSINFO.
  static let processInfo: UInt32 = 3
  /// NT_AUXV.
  static let auxiliaryVector: UInt32 = 6
  /// NT_FILE, "FILE".
  static let files: UInt32 = 0x4649_4c45
  /// NT_SIGINFO, "SIGI".
  static let signalInfo: UInt32 = 0x5349_4749
}
