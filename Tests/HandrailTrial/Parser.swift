import Handrail

/// A recursive-descent parser of brackets: `list = "[" [ list { "," list } ] "]"`.
struct Parser {
  struct Failure: Error {
    let position: Int
  }

  private let text: [UInt8]
  private var position = 0
  private var deepest = 0
  private var segments = 0

  private init(_ text: [UInt8]) { self.text = text }

  private static func nested(_ depth: Int) -> [UInt8] {
    [UInt8](repeating: UInt8(ascii: "["), count: depth) + [UInt8](repeating: UInt8(ascii: "]"), count: depth)
  }

  /// Parses brackets that are nested so deep: the depth that was found.
  static func depth(of depth: Int) throws -> String {
    var parser = Parser(nested(depth))
    try parser.list(1)
    var cut = Parser(nested(depth).dropLast())
    do { try cut.list(1) } catch let failure as Failure {
      // Thrown through all frames and segments.
      return
        "depth \(parser.deepest), \(parser.segments > 0 ? "in segments" : "on one stack"), cut at \(failure.position)"
    }
    return "no failure"
  }

  static func depthWithoutHandrail(of depth: Int) throws -> String {
    var parser = Parser(nested(depth))
    try parser.listWithoutHandrail(1)
    return "depth \(parser.deepest)"
  }

  private mutating func list(_ depth: Int) throws {
    try CallStack.withRoom(16 << 10) { try listHere(depth) }
  }

  private mutating func listHere(_ depth: Int) throws {
    if depth > deepest { deepest = depth }
    if depth % 10_000 == 0 { segments = max(segments, CallStack.segments.count) }
    try expect("[")
    if position < text.count, text[position] == UInt8(ascii: "[") { try list(depth + 1) }
    try expect("]")
  }

  private mutating func listWithoutHandrail(_ depth: Int) throws {
    if depth > deepest { deepest = depth }
    try expect("[")
    if position < text.count, text[position] == UInt8(ascii: "[") { try listWithoutHandrail(depth + 1) }
    try expect("]")
  }

  private mutating func expect(_ sign: Unicode.Scalar) throws {
    guard position < text.count, text[position] == UInt8(ascii: sign) else { throw Failure(position: position) }
    position += 1
  }
}
