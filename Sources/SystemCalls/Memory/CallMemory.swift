/// A traced thread's memory, as it was when a call began and when it ended.
///
/// Addresses are the traced process's, and may be anything. What cannot be read, or was not kept, is missing from the
/// answer: it is shorter, or empty.
package protocol CallMemory {
  /// As many of `count` bytes at `address` as there are without a gap.
  func read(_ address: UInt64, _ count: Int, _ moment: CallMoment) -> ArraySlice<UInt8>
}

/// The two moments at which a call's memory is looked at.
package enum CallMoment: Sendable {
  case entry, exit
}

/// Bytes that were copied from a process while its thread stood still, piece by piece.
package struct CapturedMemory: CallMemory, Sendable {
  /// One run of bytes.
  package struct Piece: Sendable {
    /// The process's address of the first byte.
    package let address: UInt64
    /// Where the bytes lie in the buffer.
    package let offset: Int
    package let count: Int
    package let moment: CallMoment

    package init(address: UInt64, offset: Int, count: Int, moment: CallMoment) {
      self.address = address
      self.offset = offset
      self.count = count
      self.moment = moment
    }
  }

  private let bytes: [UInt8]
  private let pieces: ArraySlice<Piece>

  /// - Parameters:
  ///   - bytes: what the pieces' offsets count in.
  ///   - pieces: what was copied for one call.
  package init(bytes: [UInt8], pieces: ArraySlice<Piece>) {
    self.bytes = bytes
    self.pieces = pieces
  }

  package func read(_ address: UInt64, _ count: Int, _ moment: CallMoment) -> ArraySlice<UInt8> {
    for piece in pieces where piece.moment == moment && address >= piece.address {
      let distance = address - piece.address
      guard distance < UInt64(max(0, piece.count)), piece.offset >= 0, piece.offset <= bytes.count - piece.count else {
        continue
      }
      let start = piece.offset + Int(distance)
      return bytes[start..<min(start + max(0, count), piece.offset + piece.count)]
    }
    return []
  }
}

/// Little-endian fields of a structure. What lies beyond its end is 0: whoever asks has looked at the count.
struct Fields {
  let bytes: ArraySlice<UInt8>

  var count: Int { bytes.count }

  func u8(_ offset: Int) -> UInt8 {
    offset >= 0 && offset < bytes.count ? bytes[bytes.startIndex + offset] : 0
  }

  func u16(_ offset: Int) -> UInt16 { UInt16(u8(offset)) | UInt16(u8(offset + 1)) << 8 }
  func u32(_ offset: Int) -> UInt32 { UInt32(u16(offset)) | UInt32(u16(offset + 2)) << 16 }
  func u64(_ offset: Int) -> UInt64 { UInt64(u32(offset)) | UInt64(u32(offset + 4)) << 32 }
  func i32(_ offset: Int) -> Int32 { Int32(bitPattern: u32(offset)) }
  func i64(_ offset: Int) -> Int64 { Int64(bitPattern: u64(offset)) }

  /// The bytes from `offset`, at most `most`.
  func slice(_ offset: Int, _ most: Int) -> ArraySlice<UInt8> {
    guard offset >= 0, offset < bytes.count, most > 0 else { return [] }
    let start = bytes.startIndex + offset
    return bytes[start..<min(bytes.endIndex, start + most)]
  }
}
