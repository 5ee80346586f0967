import Machine
import TestSupport
import Testing
import Unwinding

@Suite("A stack that was run to its end")
struct DeepStackTests {
  @Test("of two functions in turn is a fold with the frames around it")
  func mutual() throws {
    let program = try Fixture.compile("unwind_mutual.c", with: ["gcc", "-O2", "-g"])
    let core = try CoreFile(try Fixture.core(of: [program]))
    let walk = core.unwinder.walk(core.threads[0])
    #expect(walk.ending == .outermost)
    #expect(walk.frameCount > 100_000)
    let folds = walk.elements.compactMap { if case .fold(let fold) = $0 { fold } else { nil } }
    let fold = try #require(folds.first)
    #expect(folds.count == 1)
    #expect(Set(fold.cycle.compactMap { core.name(of: $0.lookupAddress) }) == ["ping", "pong"])
    #expect(fold.bytesPerTurn == 32)
    let single = walk.elements.count - 1
    #expect(fold.frameCount + single == walk.frameCount)
    #expect(core.names(walk).contains("main"))
  }

  @Test("without any period keeps both ends and counts the rest")
  func irregular() throws {
    let program = try Fixture.compile("unwind_tree.c", with: ["gcc", "-O1", "-fno-optimize-sibling-calls"])
    let core = try CoreFile(try Fixture.core(of: [program]))
    let walk = core.unwinder.walk(core.threads[0])
    #expect(walk.ending == .outermost)
    let omitted = walk.elements.compactMap { if case .omitted(let frames) = $0 { frames } else { nil } }
    let frames = try #require(omitted.first)
    #expect(omitted.count == 1)
    #expect(frames.count > 10_000)
    #expect(core.name(of: frames.mostFrequent[0].functionStart) == "next")
    #expect(frames.mostFrequent.map(\.count).reduce(0, +) == frames.count)
    #expect(core.names(walk).contains("main"))
    let kept = walk.elements.reduce(0) { sum, element in
      switch element {
      case .frame: sum + 1
      case .fold(let fold): sum + fold.frameCount
      case .omitted: sum
      }
    }
    #expect(kept + frames.count == walk.frameCount)
  }
}
