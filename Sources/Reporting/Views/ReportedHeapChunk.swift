internal import Diagnosis

/// A chunk of glibc's malloc, and where in it an address lies.
package struct ReportedHeapChunk: Encodable, Sendable {
  /// The chunk's header.
  package let start: HexAddress
  /// To the next chunk's header, in bytes.
  package let size: UInt64
  /// What malloc returned, and how many bytes of it may be used.
  package let userStart: HexAddress
  package let userSize: UInt64
  /// "used", "used-or-cached", "free" or "top".
  package let state: String
  /// "main-arena", "thread-arena" or "mapping".
  package let source: String
  /// The arena's `struct malloc_state`, of a thread arena.
  package let arena: HexAddress?
  /// How far the address is from ``userStart``; nil where it lies in the header.
  package let offset: UInt64?

  init(_ chunk: HeapChunk, holding address: UInt64) {
    start = HexAddress(chunk.start)
    size = chunk.size
    userStart = HexAddress(chunk.userStart)
    userSize = chunk.userSize
    offset = chunk.offset(of: address)
    state =
      switch chunk.state {
      case .used: "used"
      case .usedOrCached: "used-or-cached"
      case .free: "free"
      case .top: "top"
      }
    var arena: HexAddress?
    switch chunk.source {
    case .mainArena: source = "main-arena"
    case .threadArena(let address): (source, arena) = ("thread-arena", HexAddress(address))
    case .mapping: source = "mapping"
    }
    self.arena = arena
  }

  /// "24 bytes at 0x55d0, in use, or freed and cached; the address is 8 bytes into it".
  package var text: String {
    let place = offset.map { "the address is \(Self.bytes($0)) into it" } ?? "the address is in its header"
    let what =
      switch state {
      case "used": "in use, mapped for it alone"
      case "free": "free"
      case "top": "what is left at the heap's end"
      default: "in use, or freed and cached"
      }
    return "\(Self.bytes(userSize)) at \(userStart.text), \(what); \(place)"
  }

  /// To the byte: what is 8 bytes off matters here.
  private static func bytes(_ count: UInt64) -> String { Quantities.count(Int(clamping: count), "byte") }
}
