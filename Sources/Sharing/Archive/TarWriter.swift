internal import Bytes
internal import Compression

/// Writes a tar archive to a nameless temporary file. Zeros take no room in it.
struct TarWriter: ~Copyable {
  private let file: TemporaryFile
  private var offset: UInt64 = 0

  init() throws(FileError) {
    file = try TemporaryFile()
  }

  /// Adds a file.
  mutating func add(_ name: String, _ contents: [UInt8]) throws(FileError) {
    let start = try begin(name, size: UInt64(contents.count))
    try write(contents, at: start)
  }

  /// Begins a file of `size` zeros.
  ///
  /// - Returns: where in the archive its first byte stands, for ``write(_:at:)``.
  mutating func begin(_ name: String, size: UInt64) throws(FileError) -> UInt64 {
    var records: [(key: String, value: String)] = []
    if name.utf8.count > 100 { records.append(("path", name)) }
    if size > TarHeader.largestOctal { records.append(("size", String(size))) }
    if !records.isEmpty {
      let contents = PaxRecords.contents(records)
      try put(TarHeader(name: "pax", size: UInt64(contents.count), type: TarHeader.records).block)
      try put(contents)
      align()
    }
    try put(TarHeader(name: name, size: size, type: TarHeader.regular).block)
    let start = offset
    offset += size
    align()
    return start
  }

  /// Writes a part of a file that was begun.
  func write(_ bytes: [UInt8], at offset: UInt64) throws(FileError) {
    try write(ByteView(bytes), at: offset)
  }

  /// Writes a part of a file that was begun.
  func write(_ bytes: ByteView, at offset: UInt64) throws(FileError) {
    try unsafe bytes.withUnsafeBytes { bytes throws(FileError) in try unsafe file.write(bytes, at: offset) }
  }

  /// Ends the archive.
  consuming func finish() throws(FileError) -> ByteView {
    let size = offset + 2 * UInt64(TarHeader.blockSize)
    return ByteView(try file.finish(size: size))
  }

  private mutating func put(_ bytes: [UInt8]) throws(FileError) {
    try write(bytes, at: offset)
    offset += UInt64(bytes.count)
  }

  private mutating func align() {
    let block = UInt64(TarHeader.blockSize)
    offset = (offset + block - 1) / block * block
  }
}
