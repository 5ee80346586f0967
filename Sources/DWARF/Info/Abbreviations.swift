internal import Bytes

/// One declaration of `.debug_abbrev`: the shape of all entries with its code (DWARF 5, section 7.5.3).
struct Abbreviation {
  let code: UInt64
  let tag: UInt16
  let hasChildren: Bool
  /// Which of the table's specifications are its attributes.
  let attributes: Range<Int>
  /// Which of the table's steps lead over all its values.
  let steps: Range<Int>
}

/// The name and form of an attribute.
struct AttributeSpecification {
  let name: UInt16
  let form: UInt16
  /// The value, for DW_FORM_implicit_const.
  let implicit: Int64
}

/// How to move on over values that nobody asks for: a number of bytes, or what has to be read to know it.
enum SkipStep {
  case bytes(Int)
  case leb128
  case string
  case block
  case value(UInt16)

  init(_ form: UInt16, _ encoding: Encoding) {
    if let size = Form.fixedSize(form, encoding) {
      self = .bytes(size)
      return
    }
    switch form {
    case Form.unsignedData, Form.signedData, Form.stringIndex, Form.gnuStringIndex, Form.addressIndex,
      Form.gnuAddressIndex, Form.referenceUnsigned, Form.rangeListIndex, Form.locationListIndex:
      self = .leb128
    case Form.string: self = .string
    case Form.expression, Form.block: self = .block
    default: self = .value(form)
    }
  }
}

/// A unit's table of abbreviations.
final class AbbreviationTable: Sendable {
  private let declarations: [Abbreviation]
  /// Where the declarations lie whose code is not one more than their index.
  private let irregular: [UInt64: Int]
  /// The attributes of all declarations, one after another.
  let specifications: [AttributeSpecification]
  /// The steps over the values of all declarations, one after another.
  let steps: [SkipStep]
  /// The size of what was read.
  let byteCount: Int

  /// Reads the table. A declaration that cannot be read ends it: the codes behind it are missing.
  ///
  /// - Parameters:
  ///   - bytes: `.debug_abbrev`.
  ///   - offset: of the table's first declaration.
  ///   - last: the code of the declaration after which no more is read; nil for the whole table.
  init(
    _ bytes: ByteView, at offset: Int, _ encoding: Encoding, _ budget: WorkBudget, until last: UInt64? = nil
  ) throws(DebugInfoError) {
    var reader = AbbreviationReader(encoding: encoding)
    var cursor = Cursor(bytes.span, at: offset)
    do throws(ByteError) {
      while let code = try reader.readDeclaration(&cursor), code != last {}
    } catch {
      reader.dropUnfinished()
    }
    byteCount = cursor.offset - offset
    try budget.spend(byteCount)
    (declarations, irregular) = (reader.declarations, reader.irregular)
    (specifications, steps) = (reader.specifications, reader.steps)
  }

  /// The declaration with `code`; nil where the table has none.
  @inline(__always)
  func abbreviation(_ code: UInt64) -> Abbreviation? {
    let expected = Int(truncatingIfNeeded: code &- 1)
    if expected >= 0, expected < declarations.count, declarations[expected].code == code {
      return declarations[expected]
    }
    return irregular[code].map { declarations[$0] }
  }
}

/// Reads declarations one after another.
private struct AbbreviationReader {
  let encoding: Encoding
  var declarations: [Abbreviation] = []
  var irregular: [UInt64: Int] = [:]
  var specifications: [AttributeSpecification] = []
  var steps: [SkipStep] = []

  /// - Returns: the declaration's code; nil at the end of the table.
  mutating func readDeclaration(_ cursor: inout Cursor) throws(ByteError) -> UInt64? {
    let first = specifications.count
    let firstStep = steps.count
    let code = try cursor.uleb128()
    guard code != 0 else { return nil }
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
      append(SkipStep(specification.form, encoding), after: firstStep)
    }
    if code != UInt64(declarations.count) + 1, irregular[code] == nil { irregular[code] = declarations.count }
    declarations.append(
      Abbreviation(
        code: code, tag: UInt16(exactly: tag) ?? UInt16.max, hasChildren: hasChildren,
        attributes: first..<specifications.count, steps: firstStep..<steps.count))
    return code
  }

  /// Steps over a known number of bytes that come one after another become one.
  private mutating func append(_ step: SkipStep, after first: Int) {
    if case .bytes(let more) = step, steps.count > first, case .bytes(let before) = steps[steps.count - 1] {
      steps[steps.count - 1] = .bytes(before + more)
    } else {
      steps.append(step)
    }
  }

  /// Forgets the attributes of a declaration that broke off.
  mutating func dropUnfinished() {
    specifications.removeSubrange((declarations.last?.attributes.upperBound ?? 0)...)
    steps.removeSubrange((declarations.last?.steps.upperBound ?? 0)...)
  }
}
