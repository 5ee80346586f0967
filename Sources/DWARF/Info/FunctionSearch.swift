internal import Bytes

/// The function that contains an address, and the calls inlined there, as entries of a unit.
struct FunctionMatch {
  /// The offset in `.debug_info` of the DW_TAG_subprogram.
  let function: Int
  /// Its first range of addresses, the linker's, that contains the address.
  let low: UInt64
  let high: UInt64
  /// Outermost first.
  var inlined: [Inlined] = []
  /// How deep the function's entry lies.
  fileprivate let depth: Int

  struct Inlined {
    /// The offset in `.debug_info` of the DW_TAG_inlined_subroutine.
    let entry: Int
    /// An index of the line header's files.
    let callFile: UInt64
    let callLine: UInt64
    let callColumn: UInt64
    fileprivate let depth: Int
  }
}

/// Finds the functions of many addresses in one walk over the entries of a unit.
struct FunctionSearch {
  private let unit: Unit
  /// Sorted, distinct; the linker's.
  private let addresses: [UInt64]
  private(set) var matches: [FunctionMatch?]
  /// The entry that is open at each depth, as far as it is a function or an inlined call.
  private var open: [Int] = []
  /// Entries that are nested deeper are no compiler's.
  private static let deepest = 2048
  /// More calls inlined into each other are not kept.
  private static let mostInlined = 100

  init(_ unit: Unit, _ addresses: [UInt64]) {
    self.unit = unit
    self.addresses = addresses
    matches = Array(repeating: nil, count: addresses.count)
  }

  /// Walks the unit: first over what lies in no other function; then, for addresses that are still without a
  /// function, over everything, for functions within functions.
  ///
  /// - Returns: the error that ended a walk; what was found before it is kept.
  mutating func run() -> DebugInfoError? {
    do throws(DebugInfoError) {
      try walk(skipsOtherFunctions: true)
      if matches.contains(where: { $0 == nil }) { try walk(skipsOtherFunctions: false) }
      return nil
    } catch {
      return error
    }
  }

  /// The attributes of a function or inlined call that matter here.
  private struct Entry {
    var pc = Unit.PCAttributes()
    var sibling: UInt64?
    var callFile: UInt64 = 0
    var callLine: UInt64 = 0
    var callColumn: UInt64 = 0
  }

  private mutating func walk(skipsOtherFunctions: Bool) throws(DebugInfoError) {
    let info = unit.file.sections.info
    guard let bytes = info.slice(0, unit.header.end) else { throw .badReference(UInt64(unit.header.end)) }
    let abbreviations = unit.abbreviations
    let encoding = unit.encoding
    var cursor = Cursor(bytes.span, at: unit.header.firstEntry)
    var depth = 0
    // Entries deeper than this belong to a function that contains none of the addresses.
    var skippedBelow = Int.max
    try unit.file.budget.spend(unit.header.end - unit.header.firstEntry)
    while !cursor.isAtEnd {
      let offset = cursor.offset
      let code: UInt64
      do throws(ByteError) { code = try cursor.uleb128() } catch { throw .bytes(error) }
      if code == 0 {
        depth -= 1
        if depth <= 0 { return }
        if depth <= skippedBelow { skippedBelow = Int.max }
        continue
      }
      guard let abbreviation = abbreviations.abbreviation(code) else {
        throw .missingAbbreviation(code, offset: offset)
      }
      let isFunction = abbreviation.tag == Tag.subprogram
      if depth <= skippedBelow, isFunction || abbreviation.tag == Tag.inlinedSubroutine {
        let entry = try read(abbreviation, &cursor)
        let covers = try note(entry, isFunction: isFunction, offset: offset, depth: depth)
        if !covers, abbreviation.hasChildren, skipsOtherFunctions || !isFunction {
          if let sibling = entry.sibling, let target = Int(exactly: sibling), target > cursor.offset,
            target <= unit.header.end
          {
            do throws(ByteError) { try cursor.seek(to: target) } catch { throw .bytes(error) }
            continue
          }
          skippedBelow = depth
        }
      } else {
        try cursor.skipValues(abbreviation, abbreviations, encoding)
      }
      if abbreviation.hasChildren {
        depth += 1
        guard depth <= Self.deepest else { throw .tooDeep(offset: offset) }
      } else if depth == 0 {
        return
      }
    }
  }

  private func read(_ abbreviation: Abbreviation, _ cursor: inout Cursor) throws(DebugInfoError) -> Entry {
    var entry = Entry()
    for index in abbreviation.attributes {
      let specification = unit.abbreviations.specifications[index]
      switch specification.name {
      case Attribute.lowPC, Attribute.highPC, Attribute.ranges, Attribute.sibling, Attribute.callFile,
        Attribute.callLine, Attribute.callColumn:
        let value = try cursor.value(specification.form, implicit: specification.implicit, unit.encoding)
        switch specification.name {
        case Attribute.lowPC: entry.pc.low = value
        case Attribute.highPC: entry.pc.high = value
        case Attribute.ranges: entry.pc.ranges = value
        case Attribute.sibling:
          if case .unitReference(let offset) = value { entry.sibling = offset &+ UInt64(unit.header.offset) }
        case Attribute.callFile: entry.callFile = value.unsigned ?? 0
        case Attribute.callLine: entry.callLine = value.unsigned ?? 0
        default: entry.callColumn = value.unsigned ?? 0
        }
      default: try cursor.skipValue(specification.form, unit.encoding)
      }
    }
    return entry
  }

  /// Keeps the entry for those addresses that it covers.
  ///
  /// - Returns: whether it covers any.
  private mutating func note(
    _ entry: Entry, isFunction: Bool, offset: Int, depth: Int
  ) throws(DebugInfoError) -> Bool {
    while open.count <= depth { open.append(-1) }
    open[depth] = offset
    guard !entry.pc.isEmpty else { return false }
    var covers = false
    do throws(DebugInfoError) {
      try unit.forEachRange(entry.pc) { low, high throws(DebugInfoError) in
        var index = addresses.partitioningIndex { $0 >= low }
        while index < addresses.count, addresses[index] < high {
          covers = true
          try unit.file.budget.spend(1)
          if isFunction {
            keepFunction(index, offset, depth, low, high)
          } else {
            keepInlined(index, entry, offset, depth)
          }
          index += 1
        }
      }
    } catch .tooMuchWork {
      throw .tooMuchWork
    } catch {
      // A range list that cannot be read costs this entry only.
    }
    return covers
  }

  /// A function within the one that was found before is the better answer; any other is not.
  private mutating func keepFunction(_ index: Int, _ offset: Int, _ depth: Int, _ low: UInt64, _ high: UInt64) {
    if let known = matches[index], !(known.depth < depth && open[known.depth] == known.function) { return }
    matches[index] = FunctionMatch(function: offset, low: low, high: high, depth: depth)
  }

  /// An inlined call counts where it lies within the function and the calls that were found before.
  private mutating func keepInlined(_ index: Int, _ entry: Entry, _ offset: Int, _ depth: Int) {
    guard let match = matches[index], match.depth < depth, open[match.depth] == match.function else { return }
    guard match.inlined.count < Self.mostInlined else { return }
    if let last = match.inlined.last, !(last.depth < depth && open[last.depth] == last.entry) { return }
    matches[index]?.inlined.append(
      FunctionMatch.Inlined(
        entry: offset, callFile: entry.callFile, callLine: entry.callLine, callColumn: entry.callColumn, depth: depth))
  }
}
