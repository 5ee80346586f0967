internal import Bytes

/// One declaration of `.debug_abbrev`: the shape of all entries with its code (DWARF 5, section 7.5.3).
struct Abbreviation {
  let code: UInt64
  let tag: UInt16
  let hasChildren: Bool
  /// Which of the table's specifications are its attributes.
  let attributes: Range<Int>
  /// The bytes that all its values take together; negative where that differs from entry to entry.
  let fixedSize: Int
}

/// The name and form of an attribute.
struct AttributeSpecification {
  let name: UInt16
  let form: UInt16
  /// The value, for DW_FORM_implicit_const.
  let implicit: Int64
}

/// A unit's table of abbreviations, read as far as it has been needed.
final class AbbreviationTable {
  private let bytes: ByteView
  private let encoding: Encoding
  private let budget: WorkBudget
  private var position: Int
  private var isComplete = false
  private var declarations: [Abbreviation] = []
  /// Where the declarations lie whose code is not one more than their index.
  private var irregular: [UInt64: Int] = [:]
  /// The attributes of all declarations, one after another.
  private(set) var specifications: [AttributeSpecification] = []

  /// - Parameters:
  ///   - bytes: `.debug_abbrev`.
  ///   - offset: of the table's first declaration.
  init(_ bytes: ByteView, at offset: Int, _ encoding: Encoding, _ budget: WorkBudget) {
    self.bytes = bytes
    self.encoding = encoding
    self.budget = budget
    position = offset
  }

  /// The declaration with `code`; nil where the table has none.
  func abbreviation(_ code: UInt64) throws(DebugInfoError) -> Abbreviation? {
    let expected = Int(truncatingIfNeeded: code &- 1)
    while true {
      if expected >= 0, expected < declarations.count, declarations[expected].code == code {
        return declarations[expected]
      }
      if let index = irregular[code] { return declarations[index] }
      guard !isComplete else { return nil }
      try readDeclaration()
    }
  }

  private func readDeclaration() throws(DebugInfoError) {
    let bytes = self.bytes
    var cursor = Cursor(bytes.span, at: position)
    let first = specifications.count
    var size = 0
    do throws(ByteError) {
      let code = try cursor.uleb128()
      guard code != 0 else {
        isComplete = true
        return
      }
      let tag = try cursor.uleb128()
      let hasChildren = try cursor.u8() != 0
      while true {
        let name = try cursor.uleb128()
        let form = try cursor.uleb128()
        let implicit = form == UInt64(Form.implicitConstant) ? try cursor.sleb128() : 0
        if name == 0, form == 0 { break }
        // Numbers beyond 16 bits are nobody's: they stand for an unknown attribute or form.
        let specification = AttributeSpecification(
          name: UInt16(exactly: name) ?? UInt16.max, form: UInt16(exactly: form) ?? UInt16.max, implicit: implicit)
        specifications.append(specification)
        if size >= 0, let more = Form.fixedSize(specification.form, encoding) { size += more } else { size = -1 }
      }
      let declaration = Abbreviation(
        code: code, tag: UInt16(exactly: tag) ?? UInt16.max, hasChildren: hasChildren,
        attributes: first..<specifications.count, fixedSize: size)
      if code != UInt64(declarations.count) + 1, irregular[code] == nil { irregular[code] = declarations.count }
      declarations.append(declaration)
    } catch {
      isComplete = true
      throw .bytes(error)
    }
    try budget.spend(cursor.offset - position)
    position = cursor.offset
  }
}
