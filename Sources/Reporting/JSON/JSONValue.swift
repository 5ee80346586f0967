package import Bytes

/// A JSON text (RFC 8259) that was read: a saved report, or a bundle's manifest. It is not trusted: depth and the number
/// of values are bounded.
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number without fraction or exponent that fits.
  case integer(Int64)
  case unsigned(UInt64)
  case double(Double)
  case string(String)
  case array([JSONValue])
  /// In the order of the text; of a key that comes twice the last counts.
  case object([String: JSONValue])
}

/// Why a text is no JSON. Offsets count from its first byte.
package enum JSONError: Error, Equatable {
  /// Something else was expected at `offset`.
  case unexpected(offset: Int)
  /// Containers lie too deep in one another.
  case tooDeep(offset: Int)
  /// There are more values than any report has.
  case tooMany(offset: Int)
}

/// Reads JSON.
package struct JSONParser {
  private let bytes: [UInt8]
  private var offset = 0
  private var values = 0

  private static let maximumDepth = 64
  private static let maximumValues = 20_000_000

  /// The value that `text` consists of.
  package static func parse(_ text: ByteView) throws(JSONError) -> JSONValue {
    var parser = JSONParser(bytes: text.array)
    let value = try parser.value(depth: 0)
    parser.skipBlanks()
    guard parser.offset == parser.bytes.count else { throw .unexpected(offset: parser.offset) }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { offset += 1 }
  }

  private mutating func expect(_ byte: UInt8) throws(JSONError) {
    guard next == byte else { throw .unexpected(offset: offset) }
    offset += 1
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth < Self.maximumDepth else { throw .tooDeep(offset: offset) }
    values += 1
    guard values <= Self.maximumValues else { throw .tooMany(offset: offset) }
    skipBlanks()
    switch next {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func object(_ depth: Int) throws(JSONError) -> JSONValue {
    var members: [String: JSONValue] = [:]
    offset += 1
    skipBlanks()
    if next == UInt8(ascii: "}") {
      offset += 1
      return .object(members)
    }
    while true {
      skipBlanks()
      let key = try string()
      skipBlanks()
      try expect(UInt8(ascii: ":"))
      members[key] = try value(depth: depth + 1)
      skipBlanks()
      if next == UInt8(ascii: "}") { break }
      try expect(UInt8(ascii: ","))
    }
    offset += 1
    return .object(members)
  }

  private mutating func array(_ depth: Int) throws(JSONError) -> JSONValue {
    var elements: [JSONValue] = []
    offset += 1
    skipBlanks()
    if next == UInt8(ascii: "]") {
      offset += 1
      return .array(elements)
    }
    while true {
      elements.append(try value(depth: depth + 1))
      skipBlanks()
      if next == UInt8(ascii: "]") { break }
      try expect(UInt8(ascii: ","))
    }
    offset += 1
    return .array(elements)
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let text = Array(word.description.utf8)
    guard bytes[offset...].starts(with: text) else { throw .unexpected(offset: offset) }
    offset += text.count
    return value
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = offset
    while let byte = next, "+-0123456789.eE".utf8.contains(byte) { offset += 1 }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    guard let first = text.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: ".") else {
      throw .unexpected(offset: start)
    }
    if let value = Int64(text) { return .integer(value) }
    if let value = UInt64(text) { return .unsigned(value) }
    guard let value = Double(text) else { throw .unexpected(offset: start) }
    return .double(value)
  }

  private mutating func string() throws(JSONError) -> String {
    try expect(UInt8(ascii: "\""))
    var text: [UInt8] = []
    while let byte = next {
      offset += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(&text)
      case 0..<0x20: throw .unexpected(offset: offset - 1)
      default: text.append(byte)
      }
    }
    throw .unexpected(offset: offset)
  }

  private mutating func escape(_ text: inout [UInt8]) throws(JSONError) {
    guard let byte = next else { throw .unexpected(offset: offset) }
    offset += 1
    switch byte {
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0c)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "u"):
      var units = [try unit()]
      // A surrogate pair takes two.
      if units[0] & 0xfc00 == 0xd800, bytes[offset...].starts(with: [0x5c, 0x75]) {
        offset += 2
        units.append(try unit())
      }
      text += Array(String(decoding: units, as: UTF16.self).utf8)
    default: throw .unexpected(offset: offset - 1)
    }
  }

  private mutating func unit() throws(JSONError) -> UInt16 {
    guard bytes.count - offset >= 4,
      let unit = UInt16(String(decoding: bytes[offset..<(offset + 4)], as: UTF8.self), radix: 16)
    else { throw .unexpected(offset: offset) }
    offset += 4
    return unit
  }
}
