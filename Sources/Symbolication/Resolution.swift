/// What an address is called. Names are kept as bytes of the files and become text when they are printed.
public struct Resolution: Sendable {
  /// The index of the module in the target's `modules`; nil where the address lies in none.
  public let module: Int?
  /// The function or object that contains the address, from a symbol table or from debug information.
  public let symbol: SymbolReference?
  /// Where the address is in the source; of the innermost inlined call where there are any.
  public let location: SourceLocation?
  /// Calls that were inlined at the address, innermost first. Each one's `location` is the place in its
  /// caller; the outermost's caller is the function of ``symbol``.
  public let inlined: [InlinedCall]

  public init(module: Int?, symbol: SymbolReference?, location: SourceLocation?, inlined: [InlinedCall]) {
    self.module = module
    self.symbol = symbol
    self.location = location
    self.inlined = inlined
  }

  /// Nothing is known of an address.
  public static let none = Resolution(module: nil, symbol: nil, location: nil, inlined: [])
}

/// A symbol, and where in it an address lies.
public struct SymbolReference: Sendable {
  /// Its name.
  public let name: SymbolName
  /// The symbol's first address in the target.
  public let address: UInt64
  /// Its size in bytes; 0 where it is not known.
  public let size: UInt64
  /// The address that was asked for, less the symbol's.
  public let offset: UInt64

  public init(name: SymbolName, address: UInt64, size: UInt64, offset: UInt64) {
    self.name = name
    self.address = address
    self.size = size
    self.offset = offset
  }
}

/// A place in the source.
public struct SourceLocation: Sendable, Equatable, Hashable {
  /// The path as the compiler recorded it, its directory joined to it.
  public let path: String
  /// From 1; 0 where the compiler says that no line is to blame.
  public let line: UInt64
  /// From 1; 0 where it is not known.
  public let column: UInt64

  public init(path: String, line: UInt64, column: UInt64) {
    self.path = path
    self.line = line
    self.column = column
  }

  /// The last component of ``path``.
  public var fileName: String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// A call that the compiler replaced by the body of the function (DW_TAG_inlined_subroutine).
public struct InlinedCall: Sendable {
  /// The function that was inlined.
  public let name: SymbolName
  /// Where it was called.
  public let callSite: SourceLocation?

  public init(name: SymbolName, callSite: SourceLocation?) {
    self.name = name
    self.callSite = callSite
  }
}
