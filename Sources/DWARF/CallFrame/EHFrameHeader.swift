public import Bytes

/// `.eh_frame_hdr`: the linker's table of functions, sorted by address (LSB 5, core, section 10.6.2).
public struct EHFrameHeader: Sendable {
  /// The address of `.eh_frame` in the target; nil where the header does not say.
  public let ehFrameAddress: UInt64?
  /// The entries that lie in the section; nil where there is no table that can be searched.
  public let table: Table?

  /// - Parameters:
  ///   - bytes: the section.
  ///   - address: the address of its first byte in the target.
  public init(_ bytes: ByteView, address: UInt64) throws(CallFrameError) {
    let section = CallFrameSection(.ehFrame, bytes: bytes, address: address, dataBase: address)
    var reader = CallFrameReader(section, 0..<bytes.count)
    let version = try reader.u8()
    guard version == 1 else { throw .unsupportedVersion(version, offset: 0) }
    let addressEncoding = PointerEncoding(rawValue: try reader.u8())
    let countEncoding = PointerEncoding(rawValue: try reader.u8())
    let tableEncoding = PointerEncoding(rawValue: try reader.u8())
    let target = addressEncoding == .omitted ? nil : try reader.pointer(addressEncoding)
    ehFrameAddress = addressEncoding.isIndirect ? nil : target
    guard countEncoding != .omitted, tableEncoding != .omitted, !tableEncoding.isIndirect,
      let size = tableEncoding.fixedSize
    else {
      table = nil
      return
    }
    let stated = try reader.pointer(countEncoding)
    let fitting = (bytes.count - reader.offset) / (2 * size)
    table = Table(
      section: section, offset: reader.offset, encoding: tableEncoding, entrySize: 2 * size,
      count: Int(min(stated, UInt64(fitting))))
  }

  /// Pairs of a function's first address and the address of its FDE, both in the target.
  public struct Table: Sendable {
    let section: CallFrameSection
    let offset: Int
    let encoding: PointerEncoding
    let entrySize: Int
    /// How many entries the binary search table has.
    public let count: Int

    /// The entry with index `index`; nil where it lies outside of the section.
    public func entry(_ index: Int) -> (function: UInt64, description: UInt64)? {
      guard index >= 0, index < count else { return nil }
      let start = offset + index * entrySize
      // What every linker writes.
      if encoding.rawValue == 0x3b {
        guard let function = section.bytes.load(Int32.self, at: start),
          let description = section.bytes.load(Int32.self, at: start + 4)
        else { return nil }
        return (
          section.address &+ UInt64(bitPattern: Int64(function)),
          section.address &+ UInt64(bitPattern: Int64(description))
        )
      }
      var reader = CallFrameReader(section, start..<start + entrySize)
      do {
        return (try reader.pointer(encoding), try reader.pointer(encoding))
      } catch {
        return nil
      }
    }

    /// The last entry whose function begins at or before `address`, by binary search. It need not contain
    /// `address`, and it means nothing where the table is not sorted.
    public func lastEntry(atOrBefore address: UInt64) -> (function: UInt64, description: UInt64)? {
      var low = 0
      var high = count
      while low < high {
        let middle = (low + high) / 2
        guard let entry = entry(middle) else { return nil }
        if entry.function <= address { low = middle + 1 } else { high = middle }
      }
      return entry(low - 1)
    }

    /// Whether binary search can be believed: no function begins before the one that precedes it.
    public func isSorted() -> Bool {
      var previous: UInt64 = 0
      for index in 0..<count {
        guard let entry = entry(index), entry.function >= previous else { return false }
        previous = entry.function
      }
      return true
    }
  }
}
