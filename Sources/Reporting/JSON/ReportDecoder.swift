package import Bytes

/// Reads what ``ReportEncoder`` wrote, of this version or another: keys that are not known are passed over, and of those
/// that lack, texts and lists are empty, numbers 0 and the rest nil, as `docs/report-schema.md` promises readers.
package enum ReportDecoder {
  /// - Throws: ``JSONError``, or `DecodingError` where a value is of another kind than it should be.
  package static func decode<T: Decodable>(_ type: T.Type, from text: ByteView) throws -> T {
    try T(from: ValueDecoder(value: try JSONParser.parse(text), codingPath: []))
  }
}

private struct ValueDecoder: Decoder {
  let value: JSONValue
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func mismatch(_ type: Any.Type) -> DecodingError {
    .typeMismatch(type, .init(codingPath: codingPath, debugDescription: "another kind of value"))
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let members) = value else { throw mismatch([String: JSONValue].self) }
    return KeyedDecodingContainer(ObjectReader(members: members, codingPath: codingPath))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .array(let elements) = value else { throw mismatch([JSONValue].self) }
    return ArrayReader(elements: elements, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { self }
}

extension ValueDecoder: SingleValueDecodingContainer {
  func decodeNil() -> Bool { value == .null }

  func decode(_ type: Bool.Type) throws -> Bool {
    guard case .bool(let value) = value else { throw mismatch(type) }
    return value
  }
  func decode(_ type: String.Type) throws -> String {
    guard case .string(let value) = value else { throw mismatch(type) }
    return value
  }
  func decode(_ type: Double.Type) throws -> Double {
    switch value {
    case .double(let value): return value
    case .integer(let value): return Double(value)
    case .unsigned(let value): return Double(value)
    default: throw mismatch(type)
    }
  }
  func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
  func decode(_ type: Int.Type) throws -> Int { try integer(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
  func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { try T(from: self) }

  private func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
    let exact: T? =
      switch value {
      case .integer(let value): T(exactly: value)
      case .unsigned(let value): T(exactly: value)
      default: nil
      }
    guard let exact else { throw mismatch(type) }
    return exact
  }
}

private struct ObjectReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let members: [String: JSONValue]
  let codingPath: [any CodingKey]
  var allKeys: [Key] { members.keys.compactMap { Key(stringValue: $0) } }

  func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }
  func decodeNil(forKey key: Key) -> Bool { members[key.stringValue] ?? .null == .null }

  private func at(_ key: Key) throws -> ValueDecoder {
    guard let value = members[key.stringValue] else {
      throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "nothing there"))
    }
    return ValueDecoder(value: value, codingPath: codingPath + [key])
  }

  /// The value, or what stands for nothing where it lacks or is null.
  private func value<T>(_ key: Key, or empty: T, _ decode: (ValueDecoder) throws -> T) throws -> T {
    decodeNil(forKey: key) ? empty : try decode(at(key))
  }

  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try value(key, or: false) { try $0.decode(type) } }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try value(key, or: "") { try $0.decode(type) } }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try value(key, or: 0) { try $0.decode(type) } }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try value(key, or: 0) { try $0.decode(type) } }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try value(key, or: 0) { try $0.decode(type) } }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try value(key, or: 0) { try $0.decode(type) } }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try value(key, or: 0) { try $0.decode(type) } }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try value(key, or: 0) { try $0.decode(type) } }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try value(key, or: 0) { try $0.decode(type) } }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try value(key, or: 0) { try $0.decode(type) } }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try value(key, or: 0) { try $0.decode(type) } }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try value(key, or: 0) { try $0.decode(type) } }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try value(key, or: 0) { try $0.decode(type) } }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try value(key, or: 0) { try $0.decode(type) } }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    if decodeNil(forKey: key), let list = T.self as? any RangeReplaceableCollection.Type, let empty = list.init() as? T
    {
      return empty
    }
    return try T(from: at(key))
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> { try at(key).container(keyedBy: type) }
  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try at(key).unkeyedContainer() }
  func superDecoder() -> any Decoder { ValueDecoder(value: members["super"] ?? .null, codingPath: codingPath) }
  func superDecoder(forKey key: Key) throws -> any Decoder { try at(key) }
}

private struct ArrayReader: UnkeyedDecodingContainer {
  let elements: [JSONValue]
  let codingPath: [any CodingKey]
  private(set) var currentIndex = 0
  var count: Int? { elements.count }
  var isAtEnd: Bool { currentIndex >= elements.count }

  init(elements: [JSONValue], codingPath: [any CodingKey]) {
    self.elements = elements
    self.codingPath = codingPath
  }

  private mutating func next() throws -> ValueDecoder {
    guard !isAtEnd else {
      throw DecodingError.valueNotFound(
        JSONValue.self, .init(codingPath: codingPath, debugDescription: "the list ends"))
    }
    currentIndex += 1
    return ValueDecoder(value: elements[currentIndex - 1], codingPath: codingPath)
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, elements[currentIndex] == .null else { return false }
    currentIndex += 1
    return true
  }
  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try T(from: next()) }
  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> { try next().container(keyedBy: type) }
  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
  mutating func superDecoder() throws -> any Decoder { try next() }
}
