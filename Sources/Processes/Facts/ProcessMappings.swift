internal import Bytes
package import Targets

/// The address space of a process, as `/proc/PID/maps` tells it (proc_pid_maps(5)).
package struct ProcessMappings: Sendable {
  /// One line. Addresses are the process's.
  package struct Entry: Sendable, Equatable {
    package var start: UInt64
    package var end: UInt64
    package var permissions: Mapping.Permissions
    /// Whether what is written is seen by others who map the same ("s").
    package var isShared: Bool
    /// The offset in the file of the first byte.
    package var fileOffset: UInt64
    /// Of the file; 0 where there is none.
    package var inode: UInt64
    /// The file's path, or a name in brackets; empty for none.
    package var path: String

    package init(
      start: UInt64, end: UInt64, permissions: Mapping.Permissions, isShared: Bool = false, fileOffset: UInt64 = 0,
      inode: UInt64 = 0, path: String = ""
    ) {
      self.start = start
      self.end = end
      self.permissions = permissions
      self.isShared = isShared
      self.fileOffset = fileOffset
      self.inode = inode
      self.path = path
    }

    /// Whether a file lies behind it.
    package var isFile: Bool { inode != 0 || path.hasPrefix("/") }
    /// Whether memory of a device lies behind it, which must not be read: reading may do something.
    package var isDevice: Bool {
      path.hasPrefix("/dev/") && !["/dev/zero", "/dev/shm/", "/dev/hugepages/"].contains { path.hasPrefix($0) }
    }
    package var size: UInt64 { end - start }
    package func contains(_ address: UInt64) -> Bool { address >= start && address < end }
  }

  /// By address, without overlap.
  package let entries: [Entry]

  /// - Parameter entries: by address; what overlaps something before it is left out.
  package init(_ entries: [Entry]) {
    var kept: [Entry] = []
    kept.reserveCapacity(entries.count)
    for entry in entries where entry.end > entry.start && entry.start >= kept.last?.end ?? 0 { kept.append(entry) }
    self.entries = kept
  }

  /// Parses the text of the file; lines that make no sense are left out.
  package init(maps bytes: [UInt8]) {
    var entries: [Entry] = []
    // Mappings of one file follow one another: its name is made once.
    var last: (text: ArraySlice<UInt8>, path: String) = ([], "")
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      var scanner = LineScanner(line)
      guard let start = scanner.hexadecimal(), scanner.skip(UInt8(ascii: "-")), let end = scanner.hexadecimal(),
        let flags = scanner.word(), flags.count >= 4, let offset = scanner.hexadecimal(), scanner.word() != nil,
        let inode = scanner.decimal()
      else { continue }
      let text = scanner.rest()
      if text != last.text { last = (text, Self.path(text)) }
      let flag = Array(flags)
      var permissions: Mapping.Permissions = []
      if flag[0] == UInt8(ascii: "r") { permissions.insert(.read) }
      if flag[1] == UInt8(ascii: "w") { permissions.insert(.write) }
      if flag[2] == UInt8(ascii: "x") { permissions.insert(.execute) }
      entries.append(
        Entry(
          start: start, end: end, permissions: permissions, isShared: flag[3] == UInt8(ascii: "s"), fileOffset: offset,
          inode: inode, path: last.path))
    }
    self.init(entries)
  }

  /// A path as the kernel writes it, in which a line feed stands as `\012`.
  private static func path(_ text: ArraySlice<UInt8>) -> String {
    let escape = Array("\\012".utf8)
    guard text.contains(escape[0]) else { return String(decoding: text, as: UTF8.self) }
    var plain: [UInt8] = []
    var rest = text
    while let first = rest.first {
      let isEscape = rest.starts(with: escape)
      plain.append(isEscape ? 10 : first)
      rest = rest.dropFirst(isEscape ? escape.count : 1)
    }
    return String(decoding: plain, as: UTF8.self)
  }

  /// What the file held when it was read, so that it need not be parsed again while a process stands still for it.
  package struct Reading: Sendable {
    fileprivate let text: [UInt8]
    package let mappings: ProcessMappings

    /// - Parameters:
    ///   - path: of the file.
    ///   - earlier: an earlier reading, which is kept where nothing has changed.
    /// - Throws: ``ProcessError/unreadable(path:errno:)``.
    package init(_ path: String, earlier: Reading? = nil) throws(ProcessError) {
      let text = try ProcFile.bytes(path)
      if let earlier, earlier.text == text {
        self = earlier
      } else {
        self.text = text
        mappings = ProcessMappings(maps: text)
      }
    }
  }

  /// The entry that contains `address`; nil where none does.
  package func entry(containing address: UInt64) -> Entry? {
    let index = entries.partitioningIndex { $0.end > address }
    return index < entries.count && entries[index].contains(address) ? entries[index] : nil
  }
}

/// Goes through a line of `/proc/PID/maps`, whose fields are parted by blanks.
private struct LineScanner {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  mutating func hexadecimal() -> UInt64? { number(16) }
  mutating func decimal() -> UInt64? { number(10) }

  /// Digits of a base, behind blanks; nil where there are none, or the number has more than 64 bits.
  private mutating func number(_ base: UInt64) -> UInt64? {
    skipBlanks()
    let start = position
    var value: UInt64 = 0
    while position < bytes.endIndex, let digit = Self.digit(bytes[position]), digit < base {
      let product = value.multipliedReportingOverflow(by: base)
      let sum = product.partialValue.addingReportingOverflow(digit)
      guard !product.overflow, !sum.overflow else { return nil }
      value = sum.partialValue
      position += 1
    }
    return position > start ? value : nil
  }

  private static func digit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case 0x30...0x39: UInt64(byte - 0x30)
    case 0x61...0x66: UInt64(byte - 0x61 + 10)
    default: nil
    }
  }

  mutating func skip(_ byte: UInt8) -> Bool {
    guard position < bytes.endIndex, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  /// The next bytes up to a blank; nil at the end.
  mutating func word() -> ArraySlice<UInt8>? {
    skipBlanks()
    let start = position
    while position < bytes.endIndex, bytes[position] != 0x20 { position += 1 }
    return position > start ? bytes[start..<position] : nil
  }

  /// What is left, without blanks before it.
  mutating func rest() -> ArraySlice<UInt8> {
    skipBlanks()
    return bytes[position...]
  }

  private mutating func skipBlanks() {
    while position < bytes.endIndex, bytes[position] == 0x20 { position += 1 }
  }
}
