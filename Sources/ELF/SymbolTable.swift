public import Bytes

/// A symbol, Elf64_Sym (gABI chapter 4, "Symbol Table").
public struct ELFSymbol: Sendable, Equatable {
  /// st_name, an offset in the table's strings.
  public let nameOffset: UInt32
  /// st_info: binding in the high four bits, type in the low.
  public let info: UInt8
  /// st_other: visibility.
  public let other: UInt8
  /// st_shndx: the section that it is defined in; 0 for none.
  public let sectionIndex: UInt16
  /// st_value: in executables and shared objects an address as the linker stated it.
  public let value: UInt64
  /// st_size, in bytes; 0 where it is not known.
  public let size: UInt64

  /// The low four bits of st_info: STT_NOTYPE 0, STT_OBJECT 1, STT_FUNC 2, STT_SECTION 3, STT_FILE 4,
  /// STT_TLS 6, STT_GNU_IFUNC 10.
  @inlinable public var type: UInt8 { info & 0xf }
  /// The high four bits of st_info: STB_LOCAL 0, STB_GLOBAL 1, STB_WEAK 2.
  @inlinable public var binding: UInt8 { info >> 4 }
  /// Whether the symbol has an address in this file (st_shndx is not SHN_UNDEF).
  @inlinable public var isDefined: Bool { sectionIndex != 0 }

  @inlinable
  init(nameOffset: UInt32, info: UInt8, other: UInt8, sectionIndex: UInt16, value: UInt64, size: UInt64) {
    (self.nameOffset, self.info, self.other) = (nameOffset, info, other)
    (self.sectionIndex, self.value, self.size) = (sectionIndex, value, size)
  }
}

/// A symbol table and its strings, read in place.
public struct SymbolTable: Sendable {
  /// The section of symbols.
  public let entries: ByteView
  /// The section that their names lie in.
  public let strings: ByteView

  /// The size of an entry in a 64-bit file, in bytes.
  public static let entrySize = 24

  public init(entries: ByteView, strings: ByteView) {
    self.entries = entries
    self.strings = strings
  }

  /// How many whole entries there are.
  public var count: Int { entries.count / Self.entrySize }

  /// The symbol at `index`, or nil beyond the table.
  @inlinable
  public func symbol(at index: Int) -> ELFSymbol? {
    guard index >= 0, index < entries.count / Self.entrySize else { return nil }
    let at = index * Self.entrySize
    guard let name = entries.load(UInt32.self, at: at), let info = entries.load(UInt8.self, at: at + 4),
      let other = entries.load(UInt8.self, at: at + 5), let section = entries.load(UInt16.self, at: at + 6),
      let value = entries.load(UInt64.self, at: at + 8), let size = entries.load(UInt64.self, at: at + 16)
    else { return nil }
    return ELFSymbol(nameOffset: name, info: info, other: other, sectionIndex: section, value: value, size: size)
  }

  /// The symbol's name, without its zero byte; nil where it lies outside the strings.
  public func name(of symbol: ELFSymbol) -> ByteView? {
    strings.cString(at: Int(symbol.nameOffset))
  }
}
