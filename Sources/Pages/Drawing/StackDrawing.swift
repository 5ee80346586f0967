internal import Reporting

/// The depth of a stack as a strip: each block as wide as the stack that its frames take; and one turn of the
/// recursion in it, enlarged.
struct StackDrawing {
  /// The strip, from the innermost frame to the outermost; nil where no frame's size is known.
  let strip: Markup?
  let note: String?
  /// A turn of the largest recursion; nil where there is none.
  let turn: Markup?
  let turnNote: String?

  /// A part of the strip.
  struct Block {
    var label: String
    var bytes: UInt64
    /// "frame", "fold", "omitted" or "small".
    var kind: String
    /// The frame whose row it leads to.
    var number: Int?
    var frames = 1
  }

  init(_ stack: ReportedStack) {
    let blocks = Self.blocks(stack)
    let total = Self.total(blocks)
    guard total > 0 else {
      (strip, note, turn, turnNote) = (nil, nil, nil, nil)
      return
    }
    strip = Self.draw(Self.merged(blocks, total), total, label: "The stack, innermost frame at the left")
    note =
      "\(Quantities.bytes(total)) of stack in \(Quantities.count(stack.frameCount, "frame")), innermost at the left; "
      + "widths are to scale."
    let largest = stack.elements.compactMap(\.fold).max { ($0.bytes ?? 0) < ($1.bytes ?? 0) }
    let cycle = (largest?.cycle ?? []).map { Self.block($0) }
    let perTurn = Self.total(cycle)
    guard let largest, perTurn > 0 else {
      (turn, turnNote) = (nil, nil)
      return
    }
    turn = Self.draw(cycle, perTurn, label: "One turn of the recursion, enlarged")
    let part = largest.bytes.map { 100 * Double($0) / Double(total) }
    turnNote =
      "One turn of the recursion, enlarged: \(Quantities.bytes(perTurn)), "
      + "\(Quantities.grouped(largest.turns)) times"
      + (part.map { " = \(Markup.number($0.rounded())) % of the stack." } ?? ".")
  }

  private static func total(_ blocks: [Block]) -> UInt64 {
    blocks.reduce(0) { sum, block in
      let (next, overflow) = sum.addingReportingOverflow(block.bytes)
      return overflow ? .max : next
    }
  }

  /// Frames that claim more than this are wrong: their CFA lies on another stack.
  private static let largestFrame: UInt64 = 1 << 36

  private static func block(_ frame: ReportedFrame) -> Block {
    var bytes: UInt64 = 0
    if let pointer = frame.stackPointer?.value, let cfa = frame.cfa?.value, cfa > pointer,
      cfa - pointer < largestFrame
    {
      bytes = cfa - pointer
    }
    let name = frame.isSignalTrampoline == true ? "signal handler's frame" : short(frame)
    return Block(label: name, bytes: bytes, kind: "frame", number: frame.number)
  }

  /// The function's name as it fits into a block.
  private static func short(_ frame: ReportedFrame) -> String {
    NameCutter.cut(Escaping.escaped(StackContent.cut(StackContent.name(frame))), to: 40)
  }

  private static func blocks(_ stack: ReportedStack) -> [Block] {
    stack.elements.indices.map { index in
      let element = stack.elements[index]
      if let frame = element.frame { return block(frame) }
      if let fold = element.fold {
        let names = fold.cycle.prefix(3).map(short).joined(separator: " ← ")
        return Block(
          label: "\(Quantities.grouped(fold.turns)) × \(names)", bytes: min(fold.bytes ?? 0, largestFrame),
          kind: "fold", number: fold.cycle.first?.number, frames: fold.frameCount)
      }
      let count = element.omitted?.count ?? 0
      return Block(
        label: "frames in no regular order", bytes: between(stack, index), kind: "omitted", frames: count)
    }
  }

  /// What lies between the frame before an element and the one behind it.
  private static func between(_ stack: ReportedStack, _ index: Int) -> UInt64 {
    guard index > 0, index + 1 < stack.elements.count else { return 0 }
    let before = stack.elements[index - 1]
    let behind = stack.elements[index + 1]
    var low = before.frame?.cfa?.value
    if let fold = before.fold, let first = fold.cycle.first?.cfa?.value, let bytes = fold.bytes { low = first &+ bytes }
    let high = (behind.frame ?? behind.fold?.cycle.first)?.stackPointer?.value
    guard let low, let high, high > low, high - low < largestFrame else { return 0 }
    return high - low
  }

  /// Neighbours that are too narrow to be seen become one block.
  private static func merged(_ blocks: [Block], _ total: UInt64) -> [Block] {
    let least = max(1, total / 250)
    var result: [Block] = []
    for block in blocks {
      if block.bytes >= least {
        result.append(block)
      } else if let last = result.last, last.kind == "small" {
        result[result.count - 1].bytes &+= block.bytes
        result[result.count - 1].frames &+= block.frames
      } else {
        var small = block
        small.kind = "small"
        result.append(small)
      }
    }
    for index in result.indices where result[index].kind == "small" && result[index].frames > 1 {
      result[index].label = "\(Quantities.count(result[index].frames, "frame")), too narrow to be drawn apart"
    }
    return result.filter { $0.bytes > 0 }
  }

  /// Blocks beside each other, in parts of a hundred, so that the strip is as wide as the page.
  private static func draw(_ blocks: [Block], _ total: UInt64, label: String) -> Markup {
    var markup = Markup()
    markup.append("<svg class=\"strip\" role=\"group\" width=\"100%\" height=\"44\" aria-label=\"")
    markup.append(escaping: label)
    markup.append("\">")
    var start = 0.0
    for (index, block) in blocks.enumerated() {
      let width = 100 * Double(block.bytes) / Double(total)
      let part = width < 0.1 ? "less than 0.1" : Markup.number((width * 10).rounded() / 10)
      let frames = block.frames > 1 ? "\(Quantities.count(block.frames, "frame")), " : ""
      let number = block.number.map { block.kind == "small" && block.frames > 1 ? "" : "#\($0) " } ?? ""
      let text = "\(number)\(block.label): \(frames)\(Quantities.bytes(block.bytes)), \(part) %"
      markup.append("<svg height=\"44\" x=\"")
      markup.append(start)
      markup.append("%\" width=\"")
      markup.append(width)
      markup.append("%\">")
      if let number = block.number {
        markup.append("<a href=\"#f")
        markup.append(Double(number))
      } else {
        markup.append("<g tabindex=\"0\" role=\"img")
      }
      markup.append("\" class=\"block ")
      markup.append(escaping: "\(block.kind) tone\(index % 4)")
      markup.append("\" aria-label=\"")
      markup.append(escaping: text)
      markup.append("\"><title>")
      markup.append(escaping: text)
      markup.append("</title><rect width=\"100%\" height=\"44\"></rect>")
      if width > 4 {
        markup.append("<text x=\"6\" y=\"18\">")
        markup.append(escaping: block.label)
        markup.append("</text><text x=\"6\" y=\"35\" class=\"size\">")
        markup.append(escaping: Quantities.bytes(block.bytes))
        markup.append("</text>")
      }
      markup.append(block.number == nil ? "</g></svg>" : "</a></svg>")
      start += width
    }
    markup.append("</svg>")
    return markup
  }
}
