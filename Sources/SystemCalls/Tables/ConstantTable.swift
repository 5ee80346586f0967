package import Machine
internal import Synchronization

/// The names of the values that an argument may have.
package struct ConstantTable: Sendable {
  /// Values and names, in the order of the text: of flags, those that contain others first.
  let entries: [(value: UInt64, name: [UInt8])]

  /// - Parameter text: values in hexadecimal and names in turn, blanks between them.
  init(_ text: StaticString) {
    var entries: [(value: UInt64, name: [UInt8])] = []
    var value: UInt64?
    for word in Words.of(text, separatedBy: 0x20) {
      if let number = value {
        entries.append((number, word))
        value = nil
      } else {
        value = Words.hexadecimal(word)
      }
    }
    self.entries = entries
  }

  /// The name of exactly this value; nil where it has none.
  package func name(of value: UInt64) -> [UInt8]? {
    entries.first { $0.value == value }?.name
  }

  /// Appends the names of the flags that are set, joined by `|`, and what is left in hexadecimal. Nothing set is 0.
  func appendFlags(_ value: UInt64, to text: inout CallText, isContinued: Bool = false) {
    var rest = value
    var isFirst = !isContinued
    for entry in entries where entry.value != 0 && rest & entry.value == entry.value {
      if !isFirst { text.append("|") }
      text.append(bytes: entry.name)
      rest &= ~entry.value
      isFirst = false
    }
    if rest != 0 || isFirst {
      if !isFirst { text.append("|") }
      text.append(hexadecimal: rest)
    }
  }

  /// Appends the name of a value, or the value in hexadecimal.
  func appendOne(_ value: UInt64, to text: inout CallText) {
    if let name = name(of: value) { text.append(bytes: name) } else { text.append(hexadecimal: value) }
  }
}

/// All tables of an architecture, each made when it is first asked for.
package struct ConstantTables: Sendable {
  private let texts: [String: StaticString]
  private let made = Made()

  private final class Made: Sendable {
    let tables = Mutex<[String: ConstantTable]>([:])
  }

  package static let x86_64 = ConstantTables(suffix: nil)
  package static let aarch64 = ConstantTables(suffix: ".aarch64")

  package static func of(_ architecture: Architecture) -> ConstantTables {
    architecture == .x86_64 ? x86_64 : aarch64
  }

  private init(suffix: String?) {
    var texts: [String: StaticString] = [:]
    for (name, text) in Constants.texts {
      let name = name.description
      if let base = name.split(separator: ".").first.map(String.init), base != name {
        if let suffix, name.hasSuffix(suffix) { texts[base] = text }
      } else if texts[name] == nil {
        texts[name] = text
      }
    }
    self.texts = texts
  }

  /// The table of that name; an empty one where there is none, which the tests rule out.
  package subscript(_ name: String) -> ConstantTable {
    made.tables.withLock { tables in
      if let known = tables[name] { return known }
      let table = ConstantTable(texts[name] ?? "")
      tables[name] = table
      return table
    }
  }

  /// Whether there is such a table.
  func has(_ name: String) -> Bool { texts[name] != nil }
}

/// Errors' numbers, names and words.
package enum ErrorNames {
  private static let names: [[UInt8]?] = table { ConstantTables.x86_64["errno"].name(of: UInt64($0)) }
  private static let words: [[UInt8]?] = {
    var words: [Int: [UInt8]] = [:]
    for line in Words.of(Constants.errorMessages, separatedBy: 0x0a) {
      guard let tab = line.firstIndex(of: 0x09), let number = Words.decimal(line[..<tab]) else { continue }
      words[number] = Array(line[(tab + 1)...])
    }
    return table { words[$0] }
  }()

  private static func table(_ element: (Int) -> [UInt8]?) -> [[UInt8]?] { (0..<200).map(element) }

  /// ENOENT; nil for a number without a name.
  package static func name(_ errno: Int) -> [UInt8]? { names.indices.contains(errno) ? names[errno] : nil }

  /// "No such file or directory"; nil for a number without words.
  package static func words(_ errno: Int) -> [UInt8]? { words.indices.contains(errno) ? words[errno] : nil }
}

/// Splits the texts that tables are made of.
enum Words {
  static func of(_ text: StaticString, separatedBy separator: UInt8) -> [[UInt8]] {
    guard text.hasPointerRepresentation else { return [] }
    let bytes = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    return unsafe bytes.split(whereSeparator: { $0 == separator || $0 == 0x0a }).map { unsafe Array($0) }
  }

  /// nil where a digit is none, or there are too many.
  static func hexadecimal(_ word: [UInt8]) -> UInt64? {
    guard (1...16).contains(word.count) else { return nil }
    var value: UInt64 = 0
    for byte in word {
      switch byte {
      case 0x30...0x39: value = value << 4 | UInt64(byte - 0x30)
      case 0x61...0x66: value = value << 4 | UInt64(byte - 0x57)
      default: return nil
      }
    }
    return value
  }

  static func decimal(_ word: ArraySlice<UInt8>) -> Int? {
    guard (1...9).contains(word.count) else { return nil }
    var value = 0
    for byte in word {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + Int(byte - 0x30)
    }
    return value
  }
}
