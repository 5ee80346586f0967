internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// What filled a stack: the frame that did not fit, the recursion, and what made the stack.
struct StackStory {
  let statement: String
  let evidence: [Evidence]
  let remedies: [String]

  /// - Parameter frameTop: the CFA of the frame that did not fit, or the stack pointer where that is not known.
  init(_ investigation: Investigation, _ crash: Crash, _ stack: StackRegion, frameTop: UInt64) {
    // A few turns that lie on a stack are not what fills it.
    let fold = Self.longestFold(crash.walk).flatMap { fold in
      fold.crossesStacks || fold.outermostCFA &- fold.innermostCFA >= min(stack.size / 8, 1 << 16) ? fold : nil
    }
    let demand = Self.demand(investigation, crash, stack, frameTop: frameTop)
    let maker = Self.maker(investigation, crash, stack)
    let largest = fold == nil ? Self.largestFrames(crash.walk, stack) : []
    let isOneFrame = largest.first.map { $0.bytes >= stack.size / 4 } ?? false

    var sentence = "Thread \(crash.thread.tid) ran out of stack: \(Self.outcome(investigation, crash.walk, stack)). "
    if let fold {
      sentence +=
        "A recursion fills it, \(grouped(UInt64(fold.turns))) turns deep: \(Self.cycleName(investigation, fold))."
    } else if let demand, demand.wanted > stack.size / 4 {
      sentence += "\(demand.function) alone wants \(byteCount(demand.wanted))."
    } else if isOneFrame, let first = largest.first {
      sentence +=
        "One frame, \(investigation.function(first.frame.lookupAddress)), takes \(byteCount(first.bytes)) of it."
    } else if let demand {
      sentence += "\(demand.function) did not fit."
    }
    if stack.isSignalStack, crash.trampoline != nil || crash.walk.frames.contains(where: \.isSignalTrampoline) {
      sentence += " It happened in a signal handler; what the signal interrupted is below."
    }
    statement = sentence

    var found: [Evidence] = []
    if let demand {
      found.append(
        investigation.evidence(
          "the frame of \(demand.function) wants \(grouped(demand.wanted)) bytes; \(grouped(demand.left)) were left",
          at: demand.address))
    }
    if let fold {
      let bytes = fold.bytesPerTurn.map { ", \(grouped(UInt64($0.rounded()))) bytes a turn" } ?? ""
      found.append(
        Evidence(
          "\(grouped(UInt64(fold.frameCount))) of its \(grouped(UInt64(crash.walk.frameCount))) frames are "
            + "\(grouped(UInt64(fold.turns))) turns of \(Self.cycleName(investigation, fold))\(bytes)",
          address: fold.innermostCFA))
    } else if !largest.isEmpty {
      let list = largest.map {
        "\(investigation.functionName(of: $0.frame)) \(byteCount($0.bytes))"
      }
      found.append(Evidence("no recursion; its largest frames: " + list.joined(separator: ", ")))
    }
    if let maker {
      found.append(
        Evidence(
          maker.isFiber
            ? "nothing called its outermost frame: it is a fiber's stack, set up by \(maker.name)"
            : "the stack continues on another one in \(maker.name), which made or entered it", address: maker.address))
    }
    evidence = found
    remedies = Self.remedies(investigation, crash, stack, fold: fold, maker: maker?.name)
  }

  /// What became of the stack: "the main thread's stack, 8 MiB, could not grow any further".
  private static func outcome(_ investigation: Investigation, _ walk: StackWalk, _ stack: StackRegion) -> String {
    let name = investigation.name(of: stack)
    let tops = walk.frames.map(\.stackPointer).filter { stack.contains($0) }
    let top = tops.max().map { ($0 &+ 4095) & ~4095 }
    switch stack.kind {
    case .main:
      // One large frame: it had not grown to its limit yet.
      let lowest = walk.frames.first?.stackPointer ?? stack.start
      return lowest < stack.start && stack.start - lowest > 1 << 20
        ? "\(name), \(byteCount(stack.size)) until then, could not grow that far"
        : "\(name), \(byteCount(stack.size)), could not grow any further"
    case .thread, .signalStack: return "\(name), \(byteCount(stack.size)), is full"
    case .data where stack.guardRange != nil: return "\(name), \(byteCount(stack.size)), is full"
    case .data,
      .other where stack.isInHeap:
      let depth = top.map { ", \(byteCount($0 - stack.start))," } ?? ","
      return "\(name) went down\(depth) through whatever lay below it, until no more memory was there"
    case .other:
      // The kernel makes one mapping of what lies side by side: the stack may begin below its end.
      if let top, top >= stack.start + 4096, stack.end - min(stack.end, top) > 8192 {
        return "\(name), about \(byteCount(top - stack.start)), is full"
      }
      return "\(name), \(byteCount(stack.size)), is full"
    }
  }

  private static func longestFold(_ walk: StackWalk) -> RecursionFold? {
    walk.elements.compactMap { element in
      if case .fold(let fold) = element { fold } else { nil }
    }.max { $0.frameCount < $1.frameCount }
  }

  /// "parse_block → parse_statement → parse_block (libparser.so)": the functions of one turn, outermost first, and the
  /// first again; at most four of a longer turn.
  private static func cycleName(_ investigation: Investigation, _ fold: RecursionFold) -> String {
    let frames = Array(fold.cycle.reversed())
    let names = frames.map { investigation.functionName(of: $0) }
    let modules = Set(frames.map { investigation.target.moduleIndex(containing: $0.pc) })
    let isNamed = frames.contains { investigation.names.resolve([$0.lookupAddress]).first?.symbol != nil }
    let module =
      modules.count == 1 && isNamed
      ? modules.first.flatMap { $0 }.map { " (\(investigation.target.modules[$0].name))" } : nil
    if names.count == 1 { return "\(names[0]) calling itself\(module ?? "")" }
    let left = names.count > 4 ? " → (\(names.count - 4) more)" : ""
    return "\(names.prefix(4).joined(separator: " → "))\(left) → \(names[0])\(module ?? "")"
  }

  /// The frame that did not fit. In a probing function it is the caller's, whose size rax holds.
  private static func demand(
    _ investigation: Investigation, _ crash: Crash, _ stack: StackRegion, frameTop: UInt64
  ) -> (function: String, wanted: UInt64, left: UInt64, address: UInt64)? {
    guard let frame = crash.walk.frames.first else { return nil }
    let name = investigation.rawName(at: frame.lookupAddress)
    let left = frameTop >= stack.start ? frameTop - stack.start : 0
    if name.has("probestack"), crash.walk.frames.count > 1, let size = crash.registers[0] {
      let caller = crash.walk.frames[1]
      return (investigation.function(caller.lookupAddress), size, left, caller.pc)
    }
    guard let start = frame.start(in: investigation) else { return nil }
    let wanted = FrameDemand.bytes(from: start, in: investigation) ?? 0
    // A frame that is larger still was grown by alloca or a variable-length array.
    let stackPointer = crash.registers.stackPointer(investigation.architecture) ?? frameTop
    let taken = frameTop > stackPointer ? frameTop - stackPointer : 0
    guard max(wanted, taken) > left else { return nil }
    return (investigation.function(frame.lookupAddress), max(wanted, taken), left, start)
  }

  /// The three largest frames on the stack that are larger than a page.
  private static func largestFrames(_ walk: StackWalk, _ stack: StackRegion) -> [(frame: Frame, bytes: UInt64)] {
    walk.frames.filter { stack.contains($0.stackPointer) && $0.cfa > $0.stackPointer && stack.contains($0.cfa &- 1) }
      .map { ($0, $0.cfa - $0.stackPointer) }
      .filter { $0.1 > 4096 }
      .sorted { $0.1 > $1.1 }.prefix(3).map { (frame: $0.0, bytes: $0.1) }
  }

  /// The first frame on another stack, for a segment that is neither the main thread's nor a thread's.
  private static func maker(
    _ investigation: Investigation, _ crash: Crash, _ stack: StackRegion
  ) -> (name: String, address: UInt64, isFiber: Bool)? {
    guard stack.kind == .other || stack.kind.isData else { return nil }
    let frames = crash.walk.frames
    guard let inside = frames.firstIndex(where: { stack.contains($0.stackPointer) }) else { return nil }
    let outside = frames[inside...].filter {
      !stack.contains($0.stackPointer) && investigation.stack(containing: $0.stackPointer, alternate: nil) != nil
    }
    guard !outside.isEmpty else {
      // The walk ends where the fiber began: no call lies before it.
      guard case .noRule(let pc) = crash.walk.ending,
        investigation.rawName(at: pc).has("start_context")
          || frames.last.map({ investigation.rawName(at: $0.lookupAddress).has("start_context") }) ?? false
      else { return nil }
      return ("makecontext(3)", pc, true)
    }
    // The first few outer frames hold the name that says most: the library's entry, not its assembly.
    let near = Array(outside.prefix(6))
    let names = investigation.rawNames(of: near)
    let known = names.firstIndex { $0.has("stacker") || $0.has("swapcontext") || $0.has("makecontext") }
    let frame = near[known ?? 0]
    return (investigation.function(frame.lookupAddress), frame.pc, false)
  }

  private static func remedies(
    _ investigation: Investigation, _ crash: Crash, _ stack: StackRegion, fold: RecursionFold?, maker: String?
  ) -> [String] {
    let isRust = investigation.rawNames(of: crash.walk.frames.suffix(16))
      .contains { $0.hasPrefix("_R") || $0.hasPrefix("_ZN3std") || $0.has("4core3ops") }
    var result: [String] = []
    if let fold {
      let name = fold.cycle.last.map { investigation.functionName(of: $0) } ?? "the recursion"
      result.append("Bound the depth of \(name), or replace the recursion by a loop with a stack of its own.")
    } else {
      result.append("Move the large local variables of the frames named above to the heap.")
    }
    switch stack.kind {
    case .main:
      result.append(
        "Until then: `ulimit -s 65536` (KiB) in the shell that starts it, or LimitSTACK= in its systemd unit.")
    case .thread:
      result.append(
        isRust
          ? "Until then: RUST_MIN_STACK=67108864 in its environment, or std::thread::Builder::stack_size(64 << 20)."
          : "Until then: pthread_attr_setstacksize(&attributes, 64 << 20) before pthread_create; musl's threads have 128 KiB."
      )
    case .signalStack:
      result.append(
        "Give sigaltstack(2) more: at least sysconf(_SC_SIGSTKSZ), 64 KiB or more if the handler formats text.")
    case .other, .data:
      result.append(
        maker?.has("stacker") ?? false
          ? "Call stacker::maybe_grow(red_zone, size, …) at each turn of the recursion, with a red zone larger than what runs in between."
          : "Make it larger where the program sets it up, with a page without permissions (mprotect) below it, and check "
            + "the space that is left before each turn.")
    }
    return result
  }
}
