public import Bytes

/// The debug information of one module: names and places in the source of its addresses.
///
/// Only the units that an address falls into are read. Not for use by several threads at once.
public final class DebugInformation {
  private let main: DebugFile
  private let alternate: DebugFile?
  private let findSplit: (SplitReference) -> DebugSections?
  private let search: UnitSearch
  private var splits: [SplitReference: DebugFile?] = [:]
  /// What could not be read, at most 32 errors; what they cost is a name or a line.
  public private(set) var problems: [DebugInfoError] = []

  /// - Parameters:
  ///   - sections: of the file with the debug information.
  ///   - alternate: of the file that several debug files share (`.gnu_debugaltlink`, made by dwz).
  ///   - findSplit: gives the sections of a split object, `addresses` and `ranges` left empty; nil where it
  ///     is not to be found.
  public init(
    _ sections: DebugSections, alternate: DebugSections? = nil,
    findSplit: @escaping (SplitReference) -> DebugSections? = { _ in nil }
  ) {
    main = DebugFile(sections)
    self.alternate = alternate.map { DebugFile($0) }
    self.findSplit = findSplit
    search = UnitSearch(main)
  }

  /// What debug information says of each of `addresses`: the linker's, sorted and distinct.
  public func lookUp(_ addresses: [UInt64]) -> [CodePlace] {
    main.budget.renew()
    alternate?.budget.renew()
    for case let split? in splits.values { split.budget.renew() }
    let units = search.units(of: addresses)
    search.problems.forEach(note)
    var places = [CodePlace](repeating: CodePlace(), count: addresses.count)
    for (unit, group) in Dictionary(grouping: addresses.indices, by: { units[$0] }) {
      guard let unit else { continue }
      do throws(DebugInfoError) {
        let found = try lookUp(group.map { addresses[$0] }, inUnitAt: unit)
        for (index, place) in zip(group, found) { places[index] = place }
      } catch {
        note(error)
      }
    }
    main.forgetUnits()
    alternate?.forgetUnits()
    for case let split? in splits.values { split.forgetUnits() }
    return places
  }

  private func note(_ error: DebugInfoError) {
    if problems.count < 32, !problems.contains(error) { problems.append(error) }
  }

  private func lookUp(_ addresses: [UInt64], inUnitAt offset: Int) throws(DebugInfoError) -> [CodePlace] {
    let unit = try main.unit(at: offset)
    let lines = UnitLines(unit, alternate: alternate)
    if let problem = lines.problem { note(problem) }
    let (rows, problem) = lines.rows(for: addresses)
    if let problem { note(problem) }
    let body = unit.isSkeleton ? split(of: unit) : unit
    var matches: [FunctionMatch?] = Array(repeating: nil, count: addresses.count)
    if let body {
      var functions = FunctionSearch(body, addresses)
      if let problem = functions.run() { note(problem) }
      matches = functions.matches
    }
    let names = EntryNames(file: body?.file ?? main, alternate: alternate)
    var known: [Int: ByteView?] = [:]
    return addresses.indices.map { index in
      var place = CodePlace()
      if let row = rows[index], let path = lines.path(row.file) {
        place.location = .init(path: path, line: row.line, column: row.column)
      }
      guard let match = matches[index] else { return place }
      place.function = .init(name: name(match.function, names, &known), low: match.low, high: match.high)
      place.inlined = match.inlined.reversed().map { call in
        let path = lines.path(call.callFile)
        return .init(
          name: name(call.entry, names, &known),
          callSite: path.map { .init(path: $0, line: call.callLine, column: call.callColumn) })
      }
      return place
    }
  }

  /// The name of the entry at `offset` of the file of `names`, looked up once.
  private func name(_ offset: Int, _ names: EntryNames, _ known: inout [Int: ByteView?]) -> ByteView? {
    if let name = known[offset] { return name }
    var name: ByteView?
    do throws(DebugInfoError) {
      name = try names.name(of: offset)
    } catch {
      note(error)
    }
    known[offset] = .some(name)
    return name
  }

  /// The unit with the entries that `skeleton` lacks; nil where its file is not to be found.
  private func split(of skeleton: Unit) -> Unit? {
    guard let id = skeleton.splitID, let name = skeleton.splitName.flatMap({ skeleton.text($0, alternate: nil) })
    else { return nil }
    let directory = skeleton.compilationDirectory.flatMap { skeleton.text($0, alternate: nil) }
    let reference = SplitReference(name: name.text, directory: directory?.text, id: id)
    let file: DebugFile
    if let known = splits[reference] {
      guard let known else { return nil }
      file = known
    } else {
      guard var sections = findSplit(reference) else {
        splits[reference] = .some(nil)
        return nil
      }
      sections.addresses = main.sections.addresses
      if sections.ranges.isEmpty { sections.ranges = main.sections.ranges }
      file = DebugFile(sections)
      splits[reference] = file
    }
    var unit = Self.splitUnit(id, in: file, note)
    unit?.adopt(skeleton: skeleton)
    return unit
  }

  private static func splitUnit(_ id: UInt64, in file: DebugFile, _ note: (DebugInfoError) -> Void) -> Unit? {
    for extent in file.extents {
      do throws(DebugInfoError) {
        let unit = try file.unit(at: extent.start)
        if unit.splitID == id, unit.tag == Tag.compileUnit { return unit }
      } catch {
        note(error)
      }
    }
    return nil
  }

  /// Whether the sections of a split object hold the unit with the identity `id`.
  public static func split(_ sections: DebugSections, holds id: UInt64) -> Bool {
    splitUnit(id, in: DebugFile(sections)) { _ in } != nil
  }
}

/// What a skeleton unit says of its split unit.
public struct SplitReference: Hashable, Sendable {
  /// The split object's path, absolute or relative to ``directory``.
  public let name: String
  /// The directory of the compilation.
  public let directory: String?
  /// The identity that both units share.
  public let id: UInt64
}

/// What debug information says of an address.
public struct CodePlace: Sendable {
  /// Where the instruction comes from; of the innermost inlined call where there are any.
  public var location: Location?
  /// The function of the machine code; nil where none is known.
  public var function: Function?
  /// The calls that were inlined at the address, innermost first.
  public var inlined: [Inlined] = []

  /// A place of which nothing is known.
  public init() {}

  /// A place in the source. Line 0 means that no line is to blame, column 0 that it is not known.
  public struct Location: Sendable {
    /// The source file's path as the compiler had it, absolute where its folder is known.
    public let path: String
    /// From 1; 0 where the code belongs to no line.
    public let line: UInt64
    /// From 1; 0 where it is not known.
    public let column: UInt64
  }

  /// A function: its linkage name or plain name, and the linker's addresses of its code.
  public struct Function: Sendable {
    /// Its linkage name, or its name as the source has it.
    public let name: ByteView?
    /// From the first to after the last address, the linker's, of the part that contains the address.
    public let low: UInt64
    /// The linker's address after its last byte.
    public let high: UInt64
  }

  /// A call that the compiler replaced by the function's body.
  public struct Inlined: Sendable {
    /// The function's linkage name or plain name; nil where it has none.
    public let name: ByteView?
    /// Where the call stood in its caller.
    public let callSite: Location?
  }
}
