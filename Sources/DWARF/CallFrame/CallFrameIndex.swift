internal import Bytes

/// All functions of a section by address, for sections that have no `.eh_frame_hdr`, or a useless one.
public struct CallFrameIndex: Sendable {
  private struct Entry {
    var start: UInt64
    var end: UInt64
    var offset: Int
  }

  private let entries: [Entry]

  /// The number of functions.
  public var count: Int { entries.count }

  /// Reads the whole section once. Entries that make no sense are left out; the index ends where the next
  /// entry cannot be found.
  ///
  /// - Parameter relocate: gives the address under which an FDE's function is indexed.
  public init(_ section: CallFrameSection, relocate: (FrameDescriptionEntry) -> FrameDescriptionEntry = { $0 }) {
    var entries: [Entry] = []
    var known: CommonInformationEntry?
    var offset = 0
    while let header = Self.header(section, offset) {
      offset = header.next
      guard let cieOffset = header.cieOffset else { continue }
      do throws(CallFrameError) {
        let cie: CommonInformationEntry
        if let known, known.offset == cieOffset {
          cie = known
        } else {
          cie = try section.commonInformation(at: cieOffset)
          known = cie
        }
        let description = relocate(try FrameDescriptionEntry(header, cie, in: section))
        if description.end > description.start {
          entries.append(Entry(start: description.start, end: description.end, offset: description.offset))
        }
      } catch {
        // One bad entry does not spoil the others.
        continue
      }
    }
    entries.sort { ($0.start, $0.end) < ($1.start, $1.end) }
    self.entries = entries
  }

  private static func header(_ section: CallFrameSection, _ offset: Int) -> CallFrameSection.EntryHeader? {
    do throws(CallFrameError) {
      return try section.header(at: offset)
    } catch {
      return nil
    }
  }

  /// The offset of the FDE of the function that contains `address`.
  public func offset(containing address: UInt64) -> Int? {
    let after = entries.partitioningIndex { $0.start > address }
    // Ranges do not overlap in a sound file; in one that is not, the nearest few are tried.
    for index in stride(from: after - 1, through: max(0, after - 8), by: -1) where index >= 0 {
      if entries[index].end > address { return entries[index].offset }
    }
    return nil
  }
}
