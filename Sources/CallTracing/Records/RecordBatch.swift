package import SystemCalls

/// Records, and the memory that was copied for them.
package struct RecordBatch: Sendable {
  package var records: [TraceRecord] = []
  package var bytes: [UInt8] = []
  package var pieces: [CapturedMemory.Piece] = []

  package init() {
    records.reserveCapacity(512)
    bytes.reserveCapacity(65_536)
    pieces.reserveCapacity(512)
  }

  /// Whether it is worth waking somebody for.
  var isFull: Bool { records.count >= 256 || bytes.count >= 49_152 }

  /// Whether nothing should be added before it is taken away: about 8 MB.
  var isOverfull: Bool { records.count >= 40_000 || bytes.count >= 8 << 20 }

  /// The memory of a record.
  func memory(_ captured: TraceRecord.Captured) -> CapturedMemory {
    let first = Int(captured.first)
    guard captured.count > 0, first >= 0, first <= pieces.count - Int(captured.count) else {
      return CapturedMemory(bytes: [], pieces: [])
    }
    return CapturedMemory(bytes: bytes, pieces: pieces[first..<first + Int(captured.count)])
  }
}
