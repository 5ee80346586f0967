internal import Bytes

/// One file's debug information: its units are found and decoded when they are asked for.
///
/// Not for use by several threads at once.
final class DebugFile {
  let sections: DebugSections
  let budget: WorkBudget
  private var tables: [TableKey: AbbreviationTable] = [:]
  /// How many bytes of `.debug_abbrev` the tables were made from.
  private var tabulated = 0
  private var units: [Int: Unit] = [:]
  /// The offsets of all units, in order, once they were asked for.
  private var allExtents: [UnitHeader.Extent]?

  private struct TableKey: Hashable {
    let offset: Int
    let encoding: Encoding
  }

  init(_ sections: DebugSections, budget: WorkBudget? = nil) {
    self.sections = sections
    self.budget = budget ?? WorkBudget(byteCount: sections.byteCount)
  }

  /// Where every unit of `.debug_info` begins and ends, as far as each header leads to the next.
  var extents: [UnitHeader.Extent] {
    if let allExtents { return allExtents }
    var result: [UnitHeader.Extent] = []
    let info = sections.info
    var offset = 0
    while offset < info.count {
      let extent: UnitHeader.Extent
      do throws(ByteError) {
        extent = try UnitHeader.Extent(info.span, at: offset)
      } catch {
        // Nothing says where the next unit would be.
        break
      }
      result.append(extent)
      offset = extent.end
    }
    allExtents = result
    return result
  }

  /// The unit that begins at `offset`, with its root decoded.
  func unit(at offset: Int) throws(DebugInfoError) -> Unit {
    if let unit = units[offset] { return unit }
    let info = sections.info
    guard offset >= 0, offset < info.count else { throw .badReference(UInt64(bitPattern: Int64(offset))) }
    let extent: UnitHeader.Extent
    do throws(ByteError) { extent = try UnitHeader.Extent(info.span, at: offset) } catch { throw .bytes(error) }
    let header = try UnitHeader(info.span, extent)
    let unit = try Unit(header, table(header), in: self)
    units[offset] = unit
    return unit
  }

  /// The unit with the extent `extent`, not kept: for a pass over all units.
  func rootOnly(_ extent: UnitHeader.Extent) throws(DebugInfoError) -> Unit {
    if let unit = units[extent.start] { return unit }
    let info = sections.info
    let header = try UnitHeader(info.span, extent)
    let (key, offset) = try tableKey(header)
    if let table = tables[key] { return try Unit(header, table, in: self) }
    // Most tables declare the root first.
    var cursor = Cursor(info.span, at: header.firstEntry)
    let code: UInt64
    do throws(ByteError) { code = try cursor.uleb128() } catch { throw .bytes(error) }
    let table = try AbbreviationTable(
      sections.abbreviations, at: offset, header.encoding, budget, until: code)
    return try Unit(header, table, in: self)
  }

  /// The unit that contains `offset`.
  func unit(containing offset: Int) throws(DebugInfoError) -> Unit {
    let extents = self.extents
    var (low, high) = (0, extents.count)
    while low < high {
      let middle = (low + high) / 2
      if extents[middle].end <= offset { low = middle + 1 } else { high = middle }
    }
    guard low < extents.count, extents[low].start <= offset else {
      throw .badReference(UInt64(bitPattern: Int64(offset)))
    }
    return try unit(at: extents[low].start)
  }

  /// Forgets decoded units, which a batch of look-ups rarely shares with the next one.
  func forgetUnits() { units.removeAll(keepingCapacity: true) }

  private func table(_ header: UnitHeader) throws(DebugInfoError) -> AbbreviationTable {
    let (key, offset) = try tableKey(header)
    if let table = tables[key] { return table }
    // No compiler's tables overlap; what was made to do so is not kept.
    if tabulated > 2 * sections.abbreviations.count {
      tables.removeAll()
      tabulated = 0
    }
    let table = try AbbreviationTable(sections.abbreviations, at: offset, header.encoding, budget)
    tables[key] = table
    tabulated += table.byteCount
    return table
  }

  private func tableKey(_ header: UnitHeader) throws(DebugInfoError) -> (TableKey, offset: Int) {
    guard let offset = Int(exactly: header.abbreviationsOffset), offset < sections.abbreviations.count else {
      throw .badReference(header.abbreviationsOffset)
    }
    return (TableKey(offset: offset, encoding: header.encoding), offset)
  }

  /// A longer text is none: 64 KiB.
  private static let longestText = 65_536

  /// The text at `offset` of a section with strings; nil where it does not end within the section.
  static func text(_ section: ByteView, at offset: UInt64) -> ByteView? {
    Int(exactly: offset).flatMap { section.cString(at: $0, limit: longestText) }
  }
}
