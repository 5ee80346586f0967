package import SystemCalls

/// Records, and the memory that was copied for them.
package struct RecordBatch: Sendable {
  package var records: [TraceRecord] = []
  package var bytes: [UInt8] = []
  package var pieces: [CapturedMemory.Piece] = []

  package init() {
    records.reserveCapacity(Self.enough)
    bytes.reserveCapacity(Self.enoughBytes)
    pieces.reserveCapacity(Self.enough)
  }

  /// What is worth waking somebody for: where there are few processors, the one who wakes takes the traced program's.
  private static let enough = 1024
  private static let enoughBytes = 131_072

  /// Whether it is worth waking somebody for.
  var isFull: Bool { records.count >= Self.enough || bytes.count >= Self.enoughBytes }

  /// Empties it, and keeps the room that nobody else holds.
  mutating func clear() {
    records.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
    pieces.removeAll(keepingCapacity: true)
  }

  /// Whether it holds more memory than a batch usually needs.
  var isLarge: Bool { records.capacity > 8 * Self.enough || bytes.capacity > 8 * Self.enoughBytes }

  /// Whether nothing should be added before it is taken away: about 8 MB.
  var isOverfull: Bool { records.count >= 40_000 || bytes.count >= 8 << 20 }

  /// What was copied first for a record.
  func start(_ captured: TraceRecord.Captured) -> ArraySlice<UInt8> {
    guard captured.count > 0, pieces.indices.contains(Int(captured.first)) else { return [] }
    let piece = pieces[Int(captured.first)]
    guard piece.offset >= 0, piece.count > 0, piece.offset <= bytes.count - piece.count else { return [] }
    return bytes[piece.offset..<piece.offset + piece.count]
  }

  /// The memory of a record.
  func memory(_ captured: TraceRecord.Captured) -> CapturedMemory {
    let first = Int(captured.first)
    guard captured.count > 0, first >= 0, first <= pieces.count - Int(captured.count) else {
      return CapturedMemory(bytes: [], pieces: [])
    }
    return CapturedMemory(bytes: bytes, pieces: pieces[first..<first + Int(captured.count)])
  }
}
