/// Writes `Encodable` values as JSON while it walks them, keys in the order in which they are declared.
///
/// Foundation's encoder builds the whole tree before it writes a byte, which for the stacks of thousands of
/// threads takes longer than examining them.
package enum ReportEncoder {
  /// Writes `value` and a newline.
  ///
  /// - Throws: what the value's `encode(to:)` throws.
  package static func encode(_ value: some Encodable, to output: ByteOutput) throws {
    let document = JSONDocument(output)
    try ValueEncoder(document: document, codingPath: []).write(value)
    document.close(to: 0)
    output.append(byte: 0x0a)
    output.flush()
  }
}

/// Encodes one value at the place where the document stands.
private struct ValueEncoder: Encoder {
  let document: JSONDocument
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(ObjectContainer<Key>(encoder: self, depth: document.begin(object: true)))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    ArrayContainer(encoder: self, depth: document.begin(object: false))
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { ScalarContainer(encoder: self) }

  /// Writes any value. What Foundation would take apart slowly, and we write by the ten thousand, goes first.
  func write<T: Encodable>(_ value: T) throws {
    // Types are compared first: casts are slow where nothing is known of T.
    if T.self == HexAddress.self, let address = value as? HexAddress { return document.address(address.value) }
    if T.self == String.self, let text = value as? String { return document.string(text) }
    let depth = document.depth
    try value.encode(to: self)
    document.close(to: depth)
  }

  func number(_ value: some BinaryInteger) {
    if let value = UInt64(exactly: value) { document.unsigned(value) } else { document.signed(Int64(clamping: value)) }
  }
}

private struct ObjectContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let encoder: ValueEncoder
  let depth: Int
  var codingPath: [any CodingKey] { encoder.codingPath }
  private var document: JSONDocument { encoder.document }

  init(encoder: ValueEncoder, depth: Int) {
    self.encoder = encoder
    self.depth = depth
  }

  private func at(_ key: Key) -> ValueEncoder {
    document.key(key.stringValue, of: depth)
    return encoder
  }

  func encodeNil(forKey key: Key) { at(key).document.null() }
  func encode(_ value: Bool, forKey key: Key) { at(key).document.bool(value) }
  func encode(_ value: String, forKey key: Key) { at(key).document.string(value) }
  func encode(_ value: Double, forKey key: Key) { at(key).document.double(value) }
  func encode(_ value: Float, forKey key: Key) { at(key).document.double(Double(value)) }
  func encode(_ value: Int, forKey key: Key) { at(key).number(value) }
  func encode(_ value: Int8, forKey key: Key) { at(key).number(value) }
  func encode(_ value: Int16, forKey key: Key) { at(key).number(value) }
  func encode(_ value: Int32, forKey key: Key) { at(key).number(value) }
  func encode(_ value: Int64, forKey key: Key) { at(key).number(value) }
  func encode(_ value: UInt, forKey key: Key) { at(key).number(value) }
  func encode(_ value: UInt8, forKey key: Key) { at(key).number(value) }
  func encode(_ value: UInt16, forKey key: Key) { at(key).number(value) }
  func encode(_ value: UInt32, forKey key: Key) { at(key).number(value) }
  func encode(_ value: UInt64, forKey key: Key) { at(key).number(value) }
  func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try at(key).write(value) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested>
  { at(key).container(keyedBy: type) }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { at(key).unkeyedContainer() }
  func superEncoder() -> any Encoder {
    document.key("super", of: depth)
    return encoder
  }
  func superEncoder(forKey key: Key) -> any Encoder { at(key) }
}

private struct ArrayContainer: UnkeyedEncodingContainer {
  let encoder: ValueEncoder
  let depth: Int
  private(set) var count = 0
  var codingPath: [any CodingKey] { encoder.codingPath }

  init(encoder: ValueEncoder, depth: Int) {
    self.encoder = encoder
    self.depth = depth
  }

  private mutating func next() -> ValueEncoder {
    count += 1
    encoder.document.element(of: depth)
    return encoder
  }

  mutating func encodeNil() { next().document.null() }
  mutating func encode<T: Encodable>(_ value: T) throws { try next().write(value) }
  mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
    next().container(keyedBy: type)
  }
  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { next().unkeyedContainer() }
  mutating func superEncoder() -> any Encoder { next() }
}

private struct ScalarContainer: SingleValueEncodingContainer {
  let encoder: ValueEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }
  private var document: JSONDocument { encoder.document }

  init(encoder: ValueEncoder) { self.encoder = encoder }

  func encodeNil() { document.null() }
  func encode(_ value: Bool) { document.bool(value) }
  func encode(_ value: String) { document.string(value) }
  func encode(_ value: Double) { document.double(value) }
  func encode(_ value: Float) { document.double(Double(value)) }
  func encode(_ value: Int) { encoder.number(value) }
  func encode(_ value: Int8) { encoder.number(value) }
  func encode(_ value: Int16) { encoder.number(value) }
  func encode(_ value: Int32) { encoder.number(value) }
  func encode(_ value: Int64) { encoder.number(value) }
  func encode(_ value: UInt) { encoder.number(value) }
  func encode(_ value: UInt8) { encoder.number(value) }
  func encode(_ value: UInt16) { encoder.number(value) }
  func encode(_ value: UInt32) { encoder.number(value) }
  func encode(_ value: UInt64) { encoder.number(value) }
  func encode<T: Encodable>(_ value: T) throws { try encoder.write(value) }
}
