internal import Bytes

/// The names of functions: their own, or those of what they are instances of.
struct EntryNames {
  /// The file with the entries, and the one that several debug files share.
  let file: DebugFile
  let alternate: DebugFile?

  /// A name longer than this many references away is nobody's.
  private static let longestChain = 16

  /// The linkage name of the function at `offset` of `.debug_info`; where it has none, its name behind those of
  /// the namespaces and types around it; nil where it has neither.
  func name(of offset: Int) throws(DebugInfoError) -> ByteView? {
    var (file, offset) = (file, offset)
    var plain: (name: ByteView, file: DebugFile, offset: Int)?
    for _ in 0..<Self.longestChain {
      let unit = try file.unit(containing: offset)
      let entry = try read(offset, unit)
      if let value = entry.linkageName, let name = unit.text(value, alternate: alternate), !name.isEmpty { return name }
      if let value = entry.name, let name = unit.text(value, alternate: alternate), !name.isEmpty {
        // A declaration further on lies in the namespace or type that the definition lacks.
        plain = (plain?.name ?? name, file, offset)
      }
      guard let next = entry.origin else { break }
      switch next {
      case .unitReference(let relative):
        offset = try Self.checked(relative &+ UInt64(unit.header.offset), in: file)
      case .reference(let absolute): offset = try Self.checked(absolute, in: file)
      case .alternateReference(let absolute):
        guard let alternate else { throw .badReference(absolute) }
        offset = try Self.checked(absolute, in: alternate)
        file = alternate
      default: throw .badReference(0)
      }
    }
    return try plain.map { found throws(DebugInfoError) in
      try EntryPath(found.file, alternate).qualified(found.name, at: found.offset)
    }
  }

  private static func checked(_ offset: UInt64, in file: DebugFile) throws(DebugInfoError) -> Int {
    guard let result = Int(exactly: offset), result < file.sections.info.count else { throw .badReference(offset) }
    return result
  }

  private struct Entry {
    var name: AttributeValue?
    var linkageName: AttributeValue?
    var origin: AttributeValue?
  }

  private func read(_ offset: Int, _ unit: Unit) throws(DebugInfoError) -> Entry {
    guard offset >= unit.header.firstEntry, let bytes = unit.file.sections.info.slice(0, unit.header.end) else {
      throw .badReference(UInt64(offset))
    }
    var cursor = Cursor(bytes.span, at: offset)
    let code: UInt64
    do throws(ByteError) { code = try cursor.uleb128() } catch { throw .bytes(error) }
    guard let abbreviation = unit.abbreviations.abbreviation(code) else {
      throw .missingAbbreviation(code, offset: offset)
    }
    var entry = Entry()
    for index in abbreviation.attributes {
      let specification = unit.abbreviations.specifications[index]
      let value = try cursor.value(specification.form, implicit: specification.implicit, unit.encoding)
      switch specification.name {
      case Attribute.name: entry.name = value
      case Attribute.linkageName, Attribute.mipsLinkageName: entry.linkageName = value
      case Attribute.abstractOrigin: entry.origin = value
      case Attribute.specification: entry.origin = entry.origin ?? value
      default: break
      }
    }
    return entry
  }
}

/// The namespaces and types around an entry.
struct EntryPath {
  private let file: DebugFile
  private let alternate: DebugFile?

  init(_ file: DebugFile, _ alternate: DebugFile?) {
    self.file = file
    self.alternate = alternate
  }

  /// `name` behind the names of what encloses the entry at `offset`: `outer::Box::open`.
  func qualified(_ name: ByteView, at offset: Int) throws(DebugInfoError) -> ByteView {
    let unit = try file.unit(containing: offset)
    guard Self.hasScopes(unit.language) else { return name }
    let scopes = try scopes(of: offset, unit)
    guard !scopes.isEmpty, scopes.reduce(name.count, { $0 + $1.count }) < 4096 else { return name }
    return ByteView((scopes + [name]).map(\.array).joined(separator: Array("::".utf8)).map { $0 })
  }

  /// Whether names of the language lie within others. DW_LANG_* of C, C99, C11, C17 and assembly do not.
  private static func hasScopes(_ language: UInt64) -> Bool {
    ![0x01, 0x02, 0x0c, 0x1d, 0x2c, 0x31, 0x8001].contains(language)
  }

  /// Walks from the unit's root towards `target`, over the siblings that end before it.
  private func scopes(of target: Int, _ unit: Unit) throws(DebugInfoError) -> [ByteView] {
    guard let bytes = file.sections.info.slice(0, unit.header.end) else { throw .badReference(UInt64(target)) }
    var cursor = Cursor(bytes.span, at: unit.header.firstEntry)
    // The scope that is open at each depth; nil for what gives no name.
    var open: [ByteView?] = []
    try file.budget.spend(target - unit.header.firstEntry)
    while cursor.offset < target {
      let offset = cursor.offset
      let code: UInt64
      do throws(ByteError) { code = try cursor.uleb128() } catch { throw .bytes(error) }
      if code == 0 {
        guard open.popLast() != nil else { break }
        continue
      }
      guard let abbreviation = unit.abbreviations.abbreviation(code) else {
        throw .missingAbbreviation(code, offset: offset)
      }
      guard abbreviation.hasChildren else {
        try cursor.skipValues(abbreviation, unit.abbreviations, unit.encoding)
        continue
      }
      var sibling: Int?
      var name: AttributeValue?
      for index in abbreviation.attributes {
        let specification = unit.abbreviations.specifications[index]
        let value = try cursor.value(specification.form, implicit: specification.implicit, unit.encoding)
        if specification.name == Attribute.name { name = value }
        if specification.name == Attribute.sibling, case .unitReference(let relative) = value {
          sibling = Int(exactly: relative &+ UInt64(unit.header.offset))
        }
      }
      if let sibling, sibling > cursor.offset, sibling <= target {
        do throws(ByteError) { try cursor.seek(to: sibling) } catch { throw .bytes(error) }
        continue
      }
      guard open.count < 2048 else { throw .tooDeep(offset: offset) }
      open.append(scopeName(abbreviation.tag, name, unit))
    }
    return open.compactMap { $0 }
  }

  private func scopeName(_ tag: UInt16, _ name: AttributeValue?, _ unit: Unit) -> ByteView? {
    switch tag {
    case Tag.namespace:
      name.flatMap { unit.text($0, alternate: alternate) } ?? ByteView(Array("(anonymous namespace)".utf8))
    case Tag.classType, Tag.structureType, Tag.unionType, Tag.interfaceType, Tag.enumerationType, Tag.module:
      name.flatMap { unit.text($0, alternate: alternate) }
    default: nil
    }
  }
}
