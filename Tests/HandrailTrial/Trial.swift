// Programs that use Handrail, one a word of the command line: some are meant to die.
import Foundation
import Handrail

@main struct Trial {
  static func main() throws {
    let words = Array(CommandLine.arguments.dropFirst())
    let number = words.count > 1 ? Int(words[1]) ?? 0 : 0
    let place = words.count > 2 ? words[2] : "main"
    switch words.first {
    case "parse": try on(place) { print(try Parser.depth(of: number)) }
    case "parse-alone": try on(place) { print(try Parser.depthWithoutHandrail(of: number)) }
    case "overflow": try on(place) { overflow() }
    case "too-much": CallStack.withRoom(1 << 60) {}
    case "wild": wild()
    case "crash": try on(place) { crash(at: number) }
    case "cost": print(String(format: "%.2f ns", Cost.ofCheck(turns: number)))
    case "cost-of-growing": print(String(format: "%.2f ns", Cost.ofGrowing(turns: number / 100)))
    case "storm": exit(EnvironmentStorm(milliseconds: number).run() == 0 ? 0 : 1)
    case "strange-environment": exit(StrangeEnvironment.start())
    case "tell-environment": StrangeEnvironment.tell()
    case "leaks": try print(Leaks(place, count: number).run())
    default:
      print(
        "handrail-trial parse|parse-alone|overflow|crash DEPTH main|thread|task, cost TURNS, storm MILLISECONDS, leaks COUNT KIND"
      )
      exit(64)
    }
  }

  /// Runs something on the main thread, on a thread of Foundation's, on a task's, or on one of ours.
  static func on(_ place: String, _ body: @escaping @Sendable () throws -> Void) throws {
    let ended = DispatchSemaphore(value: 0)
    switch place {
    case "thread":
      let thread = Thread {
        do { try body() } catch { print(error) }
        ended.signal()
      }
      thread.start()
      ended.wait()
    case "task":
      Task {
        do { try body() } catch { print(error) }
        ended.signal()
      }
      ended.wait()
    case "ours":
      guard case .value = try CancellableThread(name: "ours", body).join() else { exit(3) }
    default: try body()
    }
  }
}

/// Goes on in segments, and in the second further than it has asked for.
@inline(never) func overflow() {
  _ = CallStack.withRoom(16 << 20, segmentSize: 17 << 20) {
    CallStack.withRoom(32 << 20) { forever(0, until: .max) }
  }
}

@inline(never) @discardableResult private func forever(_ turn: Int, until end: Int) -> Int {
  let frame = InlineArray<64, Int>(repeating: turn)
  return turn == end ? 0 : forever(turn &+ 1, until: end) &+ frame[turn & 63]
}

/// A null write at the end of a recursion that has gone through segments.
@inline(never) func crash(at depth: Int) {
  var frame = InlineArray<64, Int>(repeating: depth)
  CallStack.withRoom(64 << 10) {
    if depth == 0 {
      FileHandle.standardError.write(Data("\(CallStack.segments.count) segments\n".utf8))
      UnsafeMutablePointer<Int>(bitPattern: UInt(frame[0]) &+ 8)?.pointee = 7
    } else {
      crash(at: depth - 1)
    }
    frame[0] += 1
  }
}

/// Writes below the end of a segment that has room left.
@inline(never) func wild() {
  CallStack.withRoom(32 << 20) {
    var mark = 0
    withUnsafeMutablePointer(to: &mark) {
      UnsafeMutablePointer<Int>(bitPattern: UInt(bitPattern: $0) - UInt(CallStack.room ?? 0) - (100 << 10))?.pointee = 7
    }
  }
}

enum Cost {
  /// What a check costs that does not grow: a loop with it, less the same loop without.
  static func ofCheck(turns: Int) -> Double {
    let with = least { sum in for turn in 0..<turns { CallStack.withRoom { step(&sum, turn) } } }
    let without = least { sum in for turn in 0..<turns { step(&sum, turn) } }
    return (with - without) / Double(turns)
  }

  /// What it costs to go to a segment that is kept, and back: one larger than the stack, and not too large to be kept.
  static func ofGrowing(turns: Int) -> Double {
    least { sum in for turn in 0..<turns { CallStack.withRoom(12 << 20) { step(&sum, turn) } } } / Double(turns)
  }

  @inline(never) private static func step(_ sum: inout Int, _ turn: Int) { sum &+= turn }

  private static func least(_ body: (inout Int) -> Void) -> Double {
    var best = Double.infinity
    var sum = 0
    for _ in 0..<7 {
      let start = DispatchTime.now().uptimeNanoseconds
      body(&sum)
      best = min(best, Double(DispatchTime.now().uptimeNanoseconds - start))
    }
    return sum == 1 ? 0 : best
  }
}
