internal import Bytes
internal import ModuleFiles

/// NT_FILE: the mappings that have a file behind them (Linux `fs/binfmt_elf.c`, fill_files_note).
struct FileNote {
  struct Entry {
    let mapping: FileMapping
    /// An index in ``paths``; nil where the note was cut before the name.
    let path: Int?
  }

  /// By address, without overlap.
  private(set) var entries: [Entry] = []
  /// Each path once.
  private(set) var paths: [String] = []
  /// The size of the pages that offsets are counted in.
  let pageSize: UInt64
  /// How many mappings the note states and does not hold, or that contradict one another.
  private(set) var lost: UInt64 = 0

  private static let entrySize = 24
  private static let headerSize = 16

  /// nil where the note is too short to say anything.
  init?(_ note: ByteView) {
    guard let stated = note.load(UInt64.self, at: 0), let pageSize = note.load(UInt64.self, at: 8), pageSize > 0
    else { return nil }
    self.pageSize = pageSize
    let fitting = (note.count - Self.headerSize) / Self.entrySize
    let count = Int(min(stated, UInt64(fitting)))
    lost = stated - UInt64(count)
    // Names follow the whole table, so a table that is cut has none.
    var names = count == stated ? note.suffix(from: Self.headerSize + count * Self.entrySize) : nil
    entries.reserveCapacity(count)
    var interned: [String: Int] = [:]
    var previous: (name: ByteView, index: Int)?
    var isSorted = true
    for index in 0..<count {
      let offset = Self.headerSize + index * Self.entrySize
      var path: Int?
      if let rest = names, let name = rest.cString(at: 0) {
        names = rest.suffix(from: name.count + 1)
        if let previous, previous.name.hasSameBytes(as: name) {
          path = previous.index
        } else {
          path = intern(name.text, &interned)
        }
        previous = path.map { (name, $0) }
      } else {
        names = nil
      }
      guard let start = note.load(UInt64.self, at: offset), let end = note.load(UInt64.self, at: offset + 8),
        let page = note.load(UInt64.self, at: offset + 16), end > start
      else {
        lost += 1
        continue
      }
      let fileOffset = page.multipliedReportingOverflow(by: pageSize)
      guard !fileOffset.overflow, !fileOffset.partialValue.addingReportingOverflow(end - start).overflow else {
        lost += 1
        continue
      }
      if let last = entries.last, start < last.mapping.end { isSorted = false }
      entries.append(
        Entry(mapping: FileMapping(start: start, end: end, fileOffset: fileOffset.partialValue), path: path))
    }
    if !isSorted { sort() }
  }

  private mutating func intern(_ text: String, _ interned: inout [String: Int]) -> Int {
    if let known = interned[text] { return known }
    interned[text] = paths.count
    paths.append(text)
    return paths.count - 1
  }

  /// Sorts by address and drops what overlaps something before it.
  private mutating func sort() {
    var kept: [Entry] = []
    kept.reserveCapacity(entries.count)
    for entry in entries.sorted(by: { $0.mapping.start < $1.mapping.start }) {
      if let last = kept.last, entry.mapping.start < last.mapping.end {
        lost += 1
      } else {
        kept.append(entry)
      }
    }
    entries = kept
  }
}
