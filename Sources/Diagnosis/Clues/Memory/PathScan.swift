internal import Bytes
internal import Machine
internal import Targets

/// Looks through a target's memory for paths that lie below a folder: first through the crashed thread's stack, then
/// other stacks, heaps, and what else the program writes to. Holes of the dump are passed over.
struct PathScan {
  /// A path, and where it first stood.
  struct Hit {
    let path: String
    let address: UInt64
  }

  private(set) var hits: [Hit] = []
  /// Whether there was more memory than may be searched.
  private(set) var isCut = false
  private var known: Set<String> = []
  private var bytesLeft: Int

  /// The most bytes that are searched where nobody says otherwise.
  static let standardBytes = 256 << 20
  /// The most paths that are kept.
  private static let mostHits = 128
  private static let longestPath = 1024

  /// - Parameters:
  ///   - folder: without a slash at its end.
  ///   - bytes: the most that are searched.
  init(_ target: any Target, below folder: String, environment: Range<UInt64>, bytes: Int = standardBytes) {
    bytesLeft = bytes
    guard folder.utf8.count >= 2 else { return }
    let pattern = ByteView(Array((folder + "/").utf8))
    var written: WrittenParts?
    for mapping in Self.ordered(target) {
      var address = mapping.start
      let end = mapping.start &+ min(mapping.dumpedSize, mapping.size)
      while address < end, let window = target.memory.window(containing: address) {
        let bytes = window.bytes.prefix(from: address - window.start, atMost: end - address)
        guard !bytes.isEmpty else { break }
        // Nearly always all memory is one file's.
        let file = written.flatMap { $0.isOf(bytes) ? $0 : nil } ?? WrittenParts(of: bytes)
        written = file
        for part in file.parts(of: bytes) {
          guard let piece = bytes.slice(part.lowerBound, min(part.count, bytesLeft)) else { continue }
          if piece.count < part.count { isCut = true }
          bytesLeft -= piece.count
          search(piece, at: address &+ UInt64(part.lowerBound), pattern, except: environment)
          guard bytesLeft > 0, hits.count < Self.mostHits else { return }
        }
        address &+= UInt64(bytes.count)
      }
    }
  }

  /// Mappings that the program writes to, those that promise most first.
  private static func ordered(_ target: any Target) -> [Mapping] {
    let crashed = target.signalledThread?.tid
    func place(_ mapping: Mapping) -> Int {
      switch mapping.use {
      case .stack(let tid): tid == crashed ? 0 : 1
      case .heap, .arena: 2
      case .anonymous, .signalStack: 3
      default: 4
      }
    }
    let writable = target.mappings.filter { $0.dumpedSize > 0 && $0.isStackLike }
    return writable.enumerated().sorted { (place($0.element), $0.offset) < (place($1.element), $1.offset) }
      .map(\.element)
  }

  private mutating func search(_ bytes: ByteView, at start: UInt64, _ pattern: ByteView, except: Range<UInt64>) {
    var offset = 0
    while hits.count < Self.mostHits, let found = bytes.firstIndex(of: pattern, from: offset) {
      offset = found + pattern.count
      guard !except.contains(start &+ UInt64(found)), !Self.isInPath(bytes.load(UInt8.self, at: found - 1)) else {
        continue
      }
      var end = offset
      while end - found < Self.longestPath, Self.isInPath(bytes.load(UInt8.self, at: end)) { end += 1 }
      guard let path = bytes.slice(found, end - found)?.text, known.insert(path).inserted else { continue }
      hits.append(Hit(path: path, address: start &+ UInt64(found)))
    }
  }

  /// Whether a path goes on with this byte, as most are written.
  private static func isInPath(_ byte: UInt8?) -> Bool {
    guard let byte else { return false }
    switch byte {
    case 0x2b, 0x2d...0x39, 0x40...0x5a, 0x5f, 0x61...0x7a, 0x7e, 0x80...0xff, 0x23, 0x2c: return true
    default: return false
    }
  }
}
