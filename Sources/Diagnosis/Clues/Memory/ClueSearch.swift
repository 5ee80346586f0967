internal import Bytes
internal import Machine
internal import Targets
internal import Unwinding

/// Goes from the stack slots and registers of frames to what they point to, and on from there, breadth first, and notes
/// every text that may be a clue.
///
/// Nothing is known of the objects: each is a run of words, some of which are addresses. The work is bounded by words
/// looked at, the depth by ``deepest``, and no object is looked at twice.
struct ClueSearch {
  /// The most steps from a module's variables.
  private static let deepestOfVariables = 2
  /// The most steps through memory: an interpreter's frame, its function, that one's script, its name.
  private static let deepest = 5
  /// How much of a frame is looked at, from either end of it, and of an object by depth.
  private static let frameBytes: UInt64 = 8192
  private static let objectBytes: [UInt64] = [0, 384, 256, 192, 192, 128]
  /// The most words looked at in all, and at each depth.
  private static let mostWords = 300_000
  private static let mostSightings = 4096
  static let longestRun = 4096

  private var regions: ClueRegions
  private let surroundings: Surroundings
  private let shapes: TextShapes
  private let mappings: [Mapping]
  private let architecture: Architecture
  private(set) var steps: [Step] = []
  private(set) var sightings: [Sighting] = []
  private var sightingsByText: [String: Int] = [:]
  private var runs: [UInt64: TextRun] = [:]
  private var visited: Set<UInt64> = []
  private var wordsLeft = mostWords
  private var texts = LongTexts()
  let roots: [ClueRoot]

  /// A run of memory to be looked at.
  private struct Block {
    let address: UInt64
    let step: Int32
    let root: Int32
  }

  init(_ target: any Target, roots: [ClueRoot], surroundings: Surroundings) {
    regions = ClueRegions(target)
    self.surroundings = surroundings
    shapes = TextShapes(arguments: surroundings.arguments)
    mappings = target.mappings
    architecture = target.architecture
    self.roots = roots
  }

  /// - Parameter registers: those of the innermost frame, which is a root too.
  mutating func run(registers: RegisterSet) {
    var blocks: [Block] = []
    let frames = roots.indices.filter { roots[$0].variables == nil }
    if let first = frames.min(by: { roots[$0].frame.number < roots[$1].frame.number }) {
      look(atRegisters: registers, root: Int32(first), into: &blocks)
    }
    for root in frames { look(atRoot: root, into: &blocks) }
    follow(blocks, upTo: Self.deepest)
    // What no frame leads to, and last: the work is bounded.
    blocks = []
    for root in roots.indices {
      guard let variables = roots[root].variables else { continue }
      scan(
        from: variables.lowerBound, count: variables.upperBound - variables.lowerBound, base: variables.lowerBound,
        parent: -1, root: Int32(root), depth: 0, into: &blocks)
    }
    follow(blocks, upTo: Self.deepestOfVariables)
  }

  private mutating func follow(_ first: [Block], upTo deepest: Int) {
    var blocks = first
    for depth in 1...deepest {
      var next: [Block] = []
      for block in blocks {
        guard wordsLeft > 0 else { return }
        look(at: block, depth: depth, into: &next)
      }
      blocks = next
    }
  }

  private mutating func look(atRegisters registers: RegisterSet, root: Int32, into blocks: inout [Block]) {
    for number in 0..<RegisterSet.capacity {
      guard let value = registers[number], !scratch.contains(number) else { continue }
      follow(
        value, neighbours: Neighbours(), Step(parent: -1, root: root, offset: Int32(number), isRegister: true),
        depth: 0,
        into: &blocks)
    }
  }

  /// Registers by DWARF number that hold what a function returned, or nothing for long: rax, r10, r11 (System V ABI
  /// AMD64, figure 3.4); x16, x17 (AAPCS64, section 6.1.1).
  private var scratch: Set<Int> { architecture == .aarch64 ? [16, 17] : [0, 10, 11] }

  /// The frame's part of the stack: its low end, where locals lie, and, of a large one, its high end too.
  private mutating func look(atRoot index: Int, into blocks: inout [Block]) {
    let frame = roots[index].frame
    var start = frame.stackPointer & ~7
    let end = frame.cfa > start ? frame.cfa : start &+ 256
    // The innermost frame of a full stack begins beyond its end.
    if regions.place(of: start) == nil, let next = regions.start(above: start) { start = next }
    guard start < end else { return }
    let size = end &- start
    let low = min(size, Self.frameBytes)
    scan(from: start, count: low, base: start, parent: -1, root: Int32(index), depth: 0, into: &blocks)
    guard size > low else { return }
    let high = min(size - low, Self.frameBytes) & ~7
    scan(from: end &- high, count: high, base: start, parent: -1, root: Int32(index), depth: 0, into: &blocks)
  }

  private mutating func look(at block: Block, depth: Int, into blocks: inout [Block]) {
    let most = Self.objectBytes[min(depth, Self.objectBytes.count - 1)]
    let size = regions.chunkSize(at: block.address).map { min($0, most) } ?? most
    scan(
      from: block.address, count: size, base: block.address, parent: block.step, root: block.root, depth: depth,
      into: &blocks)
  }

  /// Looks at each word of a run of memory: at texts that lie there, and at what it points to.
  private mutating func scan(
    from start: UInt64, count: UInt64, base: UInt64, parent: Int32, root: Int32, depth: Int, into blocks: inout [Block]
  ) {
    guard let place = regions.place(of: start), place.content == .data,
      let window = regions.window(place.mapping, around: place.address)
    else { return }
    // A frame of the start code's has no end of its own; what the kernel laid out for the program lies behind it.
    let limit = surroundings.vectors.lowerBound
    guard !surroundings.vectors.contains(place.address) else { return }
    let size = place.address < limit ? min(count, limit - place.address) : count
    let first = Int(place.address - window.start)
    let end = first + min(Int(size), window.bytes.count - first)
    var offset = first
    var previous: UInt64 = 0
    while offset + 8 <= end, wordsLeft > 0, let word = window.bytes.load(UInt64.self, at: offset) {
      wordsLeft -= 1
      if word >= 65_536 {
        let step = Step(
          parent: parent, root: root,
          offset: Int32(truncatingIfNeeded: Int64(bitPattern: start &- base) + Int64(offset - first)),
          isRegister: false)
        if TextRun.mayBegin(in: word), !TextRun.continues(window.bytes, at: offset) {
          noteInline(window, at: offset, previous, step, depth: depth)
        }
        follow(word, neighbours: Neighbours(window.bytes, at: offset, previous), step, depth: depth, into: &blocks)
      }
      previous = word
      offset += 8
    }
  }

  /// A text among the words themselves: a small string kept in place, an array of characters, the characters of a
  /// string object behind its header.
  private mutating func noteInline(
    _ window: MemoryWindow, at offset: Int, _ previous: UInt64, _ step: Step, depth: Int
  ) {
    let address = window.start &+ UInt64(offset)
    guard !surroundings.environmentTexts.contains(address) else { return }
    let run = TextRun(window.bytes, at: offset, limit: Self.longestRun)
    guard run.count >= 4 else { return }
    var count = run.count
    var isWhole = run.endsInZero
    if !isWhole {
      // A length right before the characters: 8 bytes or, as Java and V8 keep it, 4; or Swift's small string, whose
      // last byte holds the count.
      let lengths = [previous, previous >> 32]
      if let length = lengths.first(where: { $0 >= 4 && $0 <= UInt64(run.count) }) {
        (count, isWhole) = (Int(length), true)
      } else if let last = window.bytes.load(UInt8.self, at: offset + 15), last >> 4 == 0xe,
        run.count >= Int(last & 15),
        last & 15 >= 4
      {
        (count, isWhole) = (Int(last & 15), true)
      }
    }
    guard isWhole || run.count >= LongTexts.shortest else { return }
    noteText(window, at: offset, count: count, isWhole: isWhole, Way(step: step, depth: depth, isInline: true))
  }

  /// What a word points to: a text, an object, a mapped file, or nothing.
  private mutating func follow(
    _ word: UInt64, neighbours: Neighbours, _ step: Step, depth: Int, into blocks: inout [Block]
  ) {
    guard let place = regions.place(of: word) else { return }
    switch place.content {
    case .nothing: return
    case .file:
      guard depth <= 2, let path = mappings[place.mapping].path else { return }
      note(path, .path, at: nil, Way(step: step, depth: depth))
      return
    case .constants:
      // Tables of constants are full of texts: what variables lead to there says nothing.
      guard depth == 0, roots[Int(step.root)].variables == nil else { return }
    case .data:
      let address = place.address
      guard !surroundings.vectors.contains(address), !surroundings.environmentTexts.contains(address) else { return }
    }
    guard let window = regions.window(place.mapping, around: place.address) else { return }
    let offset = Int(place.address - window.start)
    let way = Way(step: step, depth: depth, isConstant: place.content == .constants)
    if noteTarget(window, at: offset, neighbours, way) { return }
    guard place.content == .data else { return }
    let object = place.address & ~7
    if object >= window.start, let string = StringObject.text(window.bytes, at: Int(object - window.start)) {
      var measured = way
      measured.isMeasured = true
      noteText(window, at: string.offset, count: string.count, isWhole: true, measured)
      return
    }
    guard depth < Self.deepest else { return }
    guard visited.insert(object).inserted else { return }
    steps.append(step)
    blocks.append(Block(address: object, step: Int32(steps.count - 1), root: step.root))
  }

  /// A text that a word points to, as far as a zero byte or a length beside the word says.
  ///
  /// - Returns: whether it is one, and no object.
  private mutating func noteTarget(
    _ window: MemoryWindow, at offset: Int, _ neighbours: Neighbours, _ way: Way
  ) -> Bool {
    let address = window.start &+ UInt64(offset)
    let run: TextRun
    if let known = runs[address] {
      run = known
    } else {
      guard let byte = window.bytes.load(UInt8.self, at: offset), TextRun.isText(byte) else { return false }
      run = TextRun(window.bytes, at: offset, limit: Self.longestRun)
      runs[address] = run
    }
    guard run.count >= 3 else { return false }
    let lengths = neighbours.lengths(upTo: run.count)
    var measured = way
    measured.isMeasured = true
    for length in lengths { noteText(window, at: offset, count: length, isWhole: true, measured) }
    let isLong = run.count >= LongTexts.shortest
    if run.endsInZero || isLong, !lengths.contains(run.count) {
      noteText(window, at: offset, count: run.count, isWhole: run.endsInZero, way)
    }
    return run.endsInZero && run.count >= 8 || !lengths.isEmpty || isLong
  }

  private mutating func noteText(_ window: MemoryWindow, at offset: Int, count: Int, isWhole: Bool, _ way: Way) {
    guard let bytes = window.bytes.slice(offset, count) else { return }
    let address = window.start &+ UInt64(offset)
    if isWhole, let shape = shapes.shape(bytes) {
      note(shape.text, shape.kind, at: address, way)
    } else if count >= LongTexts.shortest, way.depth <= 2, !way.isConstant,
      let text = texts.text(window, around: offset, atLeast: count)
    {
      note(text, .sourceText, at: address, way)
    }
  }

  private mutating func note(_ text: String, _ kind: TextKind, at address: UInt64?, _ way: Way) {
    let root = roots[Int(way.step.root)]
    let isNear = way.depth <= 2 && root.variables == nil
    guard let known = sightingsByText[text] else {
      guard sightings.count < Self.mostSightings else { return }
      steps.append(way.step)
      sightingsByText[text] = sightings.count
      sightings.append(
        Sighting(
          text: text, kind: kind, address: address, way: way, step: steps.count - 1, distance: root.distance,
          isMeasured: way.isMeasured, isConstant: way.isConstant, roots: isNear ? [way.step.root] : [],
          isHeldInside: !root.isOutermost))
      return
    }
    // That a variable leads to it too is nothing new.
    guard root.variables == nil else { return }
    sightings[known].isHeldInside = sightings[known].isHeldInside || !root.isOutermost
    sightings[known].isConstant = sightings[known].isConstant && way.isConstant
    sightings[known].isMeasured = sightings[known].isMeasured || way.isMeasured
    if isNear, sightings[known].roots.count < 64 { sightings[known].roots.insert(way.step.root) }
    guard Self.cost(way, distance: root.distance) < sightings[known].cost else { return }
    steps.append(way.step)
    (sightings[known].way, sightings[known].step) = (way, steps.count - 1)
    sightings[known].distance = root.distance
  }
}

/// The words beside an address, one of which may be the length of the text that it points to: `&str` of Rust, StringRef
/// and string_view, `std::string`, Rust's and Swift's string objects, Go's strings.
private struct Neighbours {
  private var words: (UInt64, UInt64, UInt64) = (0, 0, 0)

  init() {}

  init(_ bytes: ByteView, at offset: Int, _ previous: UInt64) {
    words = (
      bytes.load(UInt64.self, at: offset + 8) ?? 0, previous, bytes.load(UInt64.self, at: offset + 16) ?? 0
    )
  }

  /// Those that can be the length of a text of at most `most` bytes.
  func lengths(upTo most: Int) -> [Int] {
    var found: [Int] = []
    for word in [words.0, words.1, words.2] {
      for length in [word, word & 0xffff_ffff] where length >= 3 && length <= UInt64(most) {
        if !found.contains(Int(length)) { found.append(Int(length)) }
      }
    }
    return found
  }
}
