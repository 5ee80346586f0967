import Testing

@testable import Unwinding

@Suite("Folding")
struct FoldingTests {
  /// The walk of a stack whose frames' functions are `functions`, innermost first, 32 bytes each.
  func walk(_ functions: some Sequence<UInt64>) -> StackWalk {
    var collector = FrameCollector()
    for (number, function) in functions.enumerated() {
      collector.add(
        Frame(
          number: number, pc: function + 7, isExact: number == 0, cfa: UInt64(number + 1) * 32,
          stackPointer: UInt64(number) * 32, functionStart: function, provenance: .callFrameInformation))
    }
    return collector.finish(.outermost)
  }

  /// A walk in short: functions, and folds as cycle and turns.
  func describe(_ walk: StackWalk) -> [String] {
    walk.elements.map { element in
      switch element {
      case .frame(let frame): "\(frame.functionStart)"
      case .fold(let fold): "\(fold.cycle.map(\.functionStart)) x \(fold.turns)"
      case .omitted(let frames): "omitted \(frames.count)"
      }
    }
  }

  @Test(
    "names the shortest cycle and how often it comes",
    arguments: [
      ([100, 101], [1], 1000, [102, 103]), ([100], [1, 2], 6, [102]), ([], [1, 2, 3], 4, []),
      ([5, 6], [1, 2, 1, 3], 50, [9]), ([], [1, 1, 2], 10, [3]),
    ] as [([UInt64], [UInt64], Int, [UInt64])])
  func cycles(_ inner: [UInt64], _ cycle: [UInt64], _ turns: Int, _ outer: [UInt64]) {
    let walk = walk(inner + Array(repeating: cycle, count: turns).joined() + outer)
    #expect(describe(walk) == inner.map { "\($0)" } + ["\(cycle) x \(turns)"] + outer.map { "\($0)" })
    #expect(walk.frameCount == inner.count + cycle.count * turns + outer.count)
  }

  @Test("finds cycles of up to 64 functions", arguments: [2, 13, 63, 64])
  func lengths(_ length: Int) {
    let cycle = (1...UInt64(length)).map { $0 * 16 }
    let walk = walk(Array(repeating: cycle, count: 20).joined())
    #expect(describe(walk) == ["\(cycle) x 20"])
  }

  @Test("leaves longer cycles alone")
  func tooLong() {
    let cycle = (1...65 as ClosedRange<UInt64>).map { $0 * 16 }
    let walk = walk(Array(repeating: cycle, count: 20).joined())
    #expect(walk.elements.count == 1300)
  }

  @Test(
    "leaves a few frames that repeat as they are",
    arguments: [[1, 2, 1, 2, 1, 2], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [1, 2, 3, 4, 1, 2, 3, 4]] as [[UInt64]])
  func nearMiss(_ functions: [UInt64]) {
    #expect(describe(walk(functions)) == functions.map { "\($0)" })
  }

  @Test("keeps the frames of an unfinished turn, and folds what follows anew")
  func unfinished() {
    let first = Array(repeating: [1, 2, 3] as [UInt64], count: 10).joined() + [1, 2]
    let second = Array(repeating: [7, 8] as [UInt64], count: 10).joined()
    let walk = walk(Array(first) + [50] + Array(second) + [7])
    #expect(describe(walk) == ["[1, 2, 3] x 10", "1", "2", "50", "[7, 8] x 10", "7"])
  }

  @Test("measures a turn")
  func bytes() throws {
    let walk = walk(Array(repeating: [1, 2] as [UInt64], count: 100).joined())
    guard case .fold(let fold) = try #require(walk.elements.first) else {
      Issue.record("no fold")
      return
    }
    #expect(fold.bytesPerTurn == 64)
    #expect(fold.innermostCFA == 32)
    #expect(fold.outermostCFA == 200 * 32)
    #expect(fold.cycle.map(\.number) == [0, 1])
  }

  @Test("does not measure a turn where the fold goes on on another stack", arguments: [0, 1, 5, 13, 50, 199])
  func crossing(_ last: Int) {
    var collector = FrameCollector()
    for number in 0..<200 {
      collector.add(
        Frame(
          number: number, pc: 5, isExact: false, cfa: UInt64(number + 1) * 32, stackPointer: UInt64(number) * 32,
          functionStart: UInt64(number % 2 + 1), provenance: .callFrameInformation))
      if number == last { collector.stackEnded() }
    }
    guard case .fold(let fold) = collector.finish(.outermost).elements.first else {
      Issue.record("no fold")
      return
    }
    // The innermost frame's CFA lies on the other stack already: a big frame may have left its stack.
    #expect(fold.crossesStacks == (last != 0))
    #expect(fold.bytesPerTurn == (last == 0 ? 64 : nil))
  }

  @Test("keeps 4,096 innermost and 256 outermost frames of what does not repeat")
  func omission() throws {
    var state: UInt64 = 1
    let functions = (0..<20_000).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 60) + 1
    }
    let walk = walk(functions)
    #expect(walk.frameCount == 20_000)
    let numbers = walk.elements.compactMap { if case .frame(let frame) = $0 { frame.number } else { nil } }
    #expect(numbers == Array(0..<4096) + Array(19_744..<20_000))
    guard case .omitted(let omitted) = walk.elements[4096] else {
      Issue.record("nothing omitted")
      return
    }
    #expect(omitted.count == 20_000 - 4096 - 256)
    #expect(omitted.mostFrequent.map(\.count).reduce(0, +) == omitted.count)
    let sorted = omitted.mostFrequent.map(\.count)
    #expect(sorted == sorted.sorted(by: >))
    let expected = functions[4096..<19_744].count { $0 == omitted.mostFrequent[0].functionStart }
    #expect(omitted.mostFrequent[0].count == expected)
  }

  @Test("omits nothing that fits")
  func fits() {
    let walk = walk((0..<4352).map { UInt64($0) * 16 + 16 })
    #expect(walk.elements.count == 4352)
  }

  @Test("counts folds that had to be let go of by their functions")
  func omittedFolds() throws {
    // 3,000 short folds with a function of their own between them.
    let functions = (0..<3000 as Range<UInt64>).flatMap { index in
      Array(repeating: 1 as UInt64, count: 20) + [100 + index]
    }
    let walk = walk(functions)
    let omitted = walk.elements.compactMap { if case .omitted(let frames) = $0 { frames } else { nil } }
    let frames = try #require(omitted.first)
    #expect(frames.mostFrequent[0].functionStart == 1)
    #expect(walk.frameCount == 63_000)
    let kept = walk.elements.reduce(0) { sum, element in
      switch element {
      case .frame: sum + 1
      case .fold(let fold): sum + fold.frameCount
      case .omitted: sum
      }
    }
    #expect(kept + frames.count == walk.frameCount)
    #expect(walk.elements.count < 4600)
  }
}
