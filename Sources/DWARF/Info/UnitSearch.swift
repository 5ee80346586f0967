internal import Bytes

/// Finds the compilation units that addresses fall into.
///
/// `.debug_aranges` is asked first; compilers and linkers leave units out of it, so units that it does not
/// list are scanned, each by its header and root entry only. What the scan found is kept.
final class UnitSearch {
  private let file: DebugFile
  /// The extents of units that `.debug_aranges` does not list, once they were needed.
  private var scanned: [Claim]?
  private(set) var problems: [DebugInfoError] = []

  /// A unit says that it has code at these addresses, the linker's.
  private struct Claim {
    let low: UInt64
    let high: UInt64
    let unit: Int
  }

  init(_ file: DebugFile) { self.file = file }

  /// The offset in `.debug_info` of the unit of each of `addresses` (sorted, distinct); nil where none has it.
  /// Of several units that claim an address it is the one with the smallest range there.
  func units(of addresses: [UInt64]) -> [Int?] {
    var best = [Claim?](repeating: nil, count: addresses.count)
    func offer(_ claim: Claim) {
      var index = addresses.partitioningIndex { $0 >= claim.low }
      while index < addresses.count, addresses[index] < claim.high {
        file.budget.charge(1)
        guard !file.budget.isExhausted else { return }
        if let known = best[index], known.high - known.low <= claim.high - claim.low {
        } else {
          best[index] = claim
        }
        index += 1
      }
    }
    let listed = forEachListedRange(offer)
    if best.contains(where: { $0 == nil }) {
      let claims = scanned ?? scan(except: listed)
      scanned = claims
      claims.forEach(offer)
    }
    return best.map { $0?.unit }
  }

  /// - Returns: the offsets of the units that are listed.
  private func forEachListedRange(_ offer: (Claim) -> Void) -> Set<Int> {
    var listed: Set<Int> = []
    let bytes = file.sections.addressRanges
    var offset = 0
    while offset < bytes.count {
      do throws(DebugInfoError) {
        offset = try readSet(bytes, at: offset, &listed, offer)
      } catch {
        problems.append(error)
        break
      }
    }
    return listed
  }

  /// One set of `.debug_aranges` (DWARF 5, section 6.1.2).
  ///
  /// - Returns: where the next begins.
  private func readSet(
    _ bytes: ByteView, at offset: Int, _ listed: inout Set<Int>, _ offer: (Claim) -> Void
  ) throws(DebugInfoError) -> Int {
    let extent: UnitHeader.Extent
    do throws(ByteError) {
      extent = try UnitHeader.Extent(bytes.span, at: offset)
      var cursor = Cursor(bytes.span, at: extent.contents)
      guard try cursor.u16() == 2 else { return extent.end }
      let unitOffset = try cursor.offset(Encoding(is64Bit: extent.is64Bit, addressSize: 8, version: 2))
      let addressSize = Int(try cursor.u8())
      let segmentSize = try cursor.u8()
      guard addressSize == 8 || addressSize == 4, segmentSize == 0, let unit = Int(exactly: unitOffset) else {
        return extent.end
      }
      let tuple = 2 * addressSize
      let misaligned = (cursor.offset - offset) % tuple
      if misaligned != 0 { try cursor.skip(tuple - misaligned) }
      var hasCode = false
      while cursor.offset <= extent.end - tuple {
        let low = try cursor.unsigned(size: addressSize)
        let size = try cursor.unsigned(size: addressSize)
        if low == 0, size == 0 { break }
        let (high, overflow) = low.addingReportingOverflow(size)
        guard low > 1, size > 0, !overflow else { continue }
        hasCode = true
        offer(Claim(low: low, high: high, unit: unit))
      }
      if hasCode { listed.insert(unit) }
    } catch {
      throw .bytes(error)
    }
    return extent.end
  }

  private func scan(except listed: Set<Int>) -> [Claim] {
    var claims: [Claim] = []
    // A range takes two bytes at least; more ranges than that come of lists that are read over and over.
    let most = (file.sections.info.count + file.sections.ranges.count + file.sections.rangeLists.count) / 2 + 1024
    for extent in file.extents where !listed.contains(extent.start) {
      do throws(DebugInfoError) {
        let unit = try file.rootOnly(extent)
        guard unit.tag == Tag.compileUnit || unit.tag == Tag.skeletonUnit else { continue }
        try unit.forEachRange(unit.pc) { low, high throws(DebugInfoError) in
          guard claims.count < most else { throw .tooMuchWork }
          claims.append(Claim(low: low, high: high, unit: extent.start))
        }
      } catch .tooMuchWork {
        problems.append(.tooMuchWork)
        break
      } catch {
        if problems.count < 32 { problems.append(error) }
      }
    }
    return claims
  }
}
