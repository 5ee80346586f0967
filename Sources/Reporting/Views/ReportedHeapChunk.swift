internal import Heaps

/// A chunk of glibc's malloc, and where in it an address lies.
package struct ReportedHeapChunk: Encodable, Sendable {
  /// The chunk's header.
  package let start: HexAddress
  /// To the next chunk's header, in bytes.
  package let size: UInt64
  /// What malloc returned, and how many bytes of it may be used.
  package let userStart: HexAddress
  package let userSize: UInt64
  /// "used", "used-or-cached", "cached", "free" or "top".
  package let state: String
  /// The list of free chunks that it is on.
  package let list: ReportedFreeList?
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
      case .cached: "cached"
      case .free: "free"
      case .top: "top"
      }
    list = chunk.list.map { ReportedFreeList($0) }
    var arena: HexAddress?
    switch chunk.source {
    case .mainArena: source = "main-arena"
    case .threadArena(let address): (source, arena) = ("thread-arena", HexAddress(address))
    case .mapping: source = "mapping"
    }
    self.arena = arena
  }

  /// "24 bytes at 0x55d0, in use; the address is 8 bytes into it".
  package var text: String {
    let place = offset.map { "the address is \(Self.bytes($0)) into it" } ?? "the address is in its header"
    return "\(description); \(place)"
  }

  /// "24 bytes at 0x55d0, in use".
  package var description: String {
    let what =
      switch state {
      case "used": source == "mapping" ? "in use, mapped for it alone" : "in use"
      case "free", "cached": "free" + (list.map { ", in \($0.text)" } ?? "")
      case "top": "what is left at the heap's end"
      default: "in use, or freed and cached"
      }
    return "\(Self.bytes(userSize)) at \(userStart.text), \(what)"
  }

  /// To the byte: what is 8 bytes off matters here.
  private static func bytes(_ count: UInt64) -> String { Quantities.count(Int(clamping: count), "byte") }
}
