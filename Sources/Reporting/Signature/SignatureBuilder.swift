internal import Bytes
internal import Diagnosis
internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// Makes the signature of a crash; `docs/signatures.md` has the rule.
struct SignatureBuilder {
  private let investigation: Investigation

  /// How many functions, or cycles of functions, a signature holds: by place, and by name. Of those by place more are
  /// needed, as panics' own functions cannot be told in a stripped file.
  private static let placeCount = 10
  private static let nameCount = 5
  /// How many frames are looked at.
  private static let maximumFrames = 256

  init(_ investigation: Investigation) {
    self.investigation = investigation
  }

  /// nil where neither a cause nor a signal is known.
  func signature(findings: [Finding]) -> ReportedSignature? {
    guard let hazard = findings.first?.hazard else {
      return investigation.target.signal.map { signature(cause: $0.name, placeCause: $0.name, walk: stack(of: nil)) }
    }
    if hazard == .deadlock, let circle = deadlock(findings.first) { return circle }
    let walk = stack(of: findings.first)
    if hazard == .stackExhaustion, let recursion = recursion(walk) {
      return ReportedSignature(
        parts: [hazard.rawValue] + [recursion.place],
        names: recursion.name.map { .init(parts: [hazard.rawValue, $0]) })
    }
    return signature(cause: hazard.rawValue, placeCause: Self.causeWithoutNames(hazard), walk: walk)
  }

  /// The stack that the finding is about: of the oldest crash, or of another thread where it names one.
  private func stack(of finding: Finding?) -> StackWalk? {
    let crash = investigation.crashes.first
    if let tid = finding?.thread, tid != crash?.thread.tid,
      let index = investigation.target.threads.firstIndex(where: { $0.tid == tid })
    {
      return investigation.walk(ofThread: index)
    }
    return crash?.walk ?? (investigation.target.threads.isEmpty ? nil : investigation.walk(ofThread: 0))
  }

  /// What a cause is called where functions have no names: some are told only by names that a stripped file lacks.
  private static func causeWithoutNames(_ hazard: Hazard) -> String {
    switch hazard {
    case .rustPanic: Hazard.abort.rawValue
    case .swiftFatalError: Hazard.compilerTrap.rawValue
    default: hazard.rawValue
    }
  }

  private func signature(cause: String, placeCause: String, walk: StackWalk?) -> ReportedSignature {
    var frames = describe(walk.map(Self.frames) ?? [])
    let skipped = frames.prefix(Self.endingCount(frames))
    frames.removeFirst(skipped.count)
    if let beginning = Self.beginning(frames) { frames.removeLast(frames.count - beginning) }
    let places = SignatureFolding.fold(Self.joined(frames.map(\.place))).prefix(Self.placeCount)
    let more = frames.prefix { $0.function.map(Machinery.isLanguageEnding) ?? false }
    let named = frames.dropFirst(more.count)
    let folded = SignatureFolding.fold(Self.joined(named.map(\.name))).prefix(Self.nameCount)
    let names =
      named.contains { $0.function != nil } ? ReportedSignature.Named(parts: [cause] + folded) : nil
    return ReportedSignature(
      parts: [placeCause] + places, names: names,
      skipped: (skipped + more).map { $0.function == nil ? $0.place : $0.name })
  }
}

// MARK: - Deadlocks

extension SignatureBuilder {
  /// How many functions of each thread of a deadlock count.
  private static let waiterCount = 3

  /// What the threads of the circle wait in, in order of their functions: none of them is the first. nil where the circle
  /// is not known.
  private func deadlock(_ finding: Finding?) -> ReportedSignature? {
    let graph = investigation.waitGraph
    let place = finding?.thread.flatMap { graph.thread($0) }
    guard let circle = graph.cycles.first(where: { cycle in place.map(cycle.contains) ?? true }) else { return nil }
    let waiters = circle.prefix(64).map { index -> (place: String, name: String, isNamed: Bool) in
      let frames = describe(Self.frames(investigation.walk(ofThread: index)))
      // Locks' own functions differ from one C library to the next.
      let own = frames.filter { !$0.isRuntime }
      let counted = (own.isEmpty ? frames : own).prefix(Self.waiterCount)
      return (
        counted.map(\.place).joined(separator: " < "), counted.map(\.name).joined(separator: " < "),
        counted.contains { $0.function != nil }
      )
    }
    let cause = Hazard.deadlock.rawValue
    let isNamed = waiters.contains(where: \.isNamed)
    return ReportedSignature(
      parts: [cause] + waiters.map(\.place).sorted(),
      names: isNamed ? .init(parts: [cause] + waiters.map(\.name).sorted()) : nil)
  }
}

// MARK: - Frames

extension SignatureBuilder {
  /// A frame as signatures name it.
  private struct Described {
    /// By what every copy of the module's file holds.
    let place: String
    /// By its function; `app!*` where that has no name.
    let name: String
    /// The function's own name, where it has one.
    let function: String?
    let isEnding: Bool
    let isRuntime: Bool
    let isBeginning: Bool
  }

  /// The innermost frames one by one, folds as three turns; those that were guessed are left out.
  private static func frames(_ walk: StackWalk) -> [Frame] {
    var result: [Frame] = []
    for element in walk.elements where result.count < maximumFrames {
      switch element {
      case .frame(let frame): if frame.provenance != .scan, !frame.isSignalTrampoline { result.append(frame) }
      case .fold(let fold): for _ in 0..<3 { result += fold.cycle }
      case .omitted: return result
      }
    }
    return result
  }

  private func describe(_ frames: [Frame]) -> [Described] {
    let addresses = frames.map(\.lookupAddress)
    let exported = investigation.names.exportedFunctions(containing: addresses)
    let resolutions = investigation.names.resolve(addresses)
    return frames.indices.map { index in
      describe(frames[index], exported[index], resolutions[index])
    }
  }

  private func describe(_ frame: Frame, _ exported: SymbolReference?, _ resolution: Resolution) -> Described {
    guard let index = investigation.target.moduleIndex(containing: frame.lookupAddress) else {
      return Described(
        place: "[no module]!*", name: "[no module]!*", function: nil, isEnding: false, isRuntime: false,
        isBeginning: false)
    }
    let module = investigation.target.modules[index]
    let moduleName = SignatureModule.name(module.name)
    let isCLibrary = SignatureModule.isCLibrary(moduleName)
    let exportedName = exported.map { FunctionNames.normalized($0.name.text(.short)) }
    let place: String
    if let exportedName {
      place = "\(moduleName)!\(exportedName)"
    } else if isCLibrary {
      place = "\(moduleName)!*"
    } else {
      let build = module.buildID.map { "@" + Hexadecimal.text($0.prefix(from: 0, atMost: 6).array) } ?? ""
      let start = frame.functionStart == 0 ? "?" : HexAddress(frame.functionStart &- module.bias).text
      place = "\(moduleName)\(build)+\(start)"
    }
    let plain = resolution.symbol.map { FunctionNames.normalized($0.name.text(.short)) }
    // Of the C library both speak of what it exports alone.
    let function = isCLibrary ? exportedName : plain ?? exportedName
    return Described(
      place: place, name: "\(moduleName)!\(function ?? "*")", function: function,
      isEnding: exportedName.map(Machinery.isEnding) ?? false,
      isRuntime: isCLibrary || SignatureModule.isLanguageRuntime(moduleName),
      isBeginning: isCLibrary && Machinery.isBeginning(exportedName ?? plain ?? ""))
  }

  /// How many of the innermost frames end a program: up to the outermost function of that kind that is reached without
  /// leaving the runtime libraries.
  private static func endingCount(_ frames: [Described]) -> Int {
    let inRuntime = frames.prefix(while: \.isRuntime)
    return inRuntime.lastIndex(where: \.isEnding).map { $0 + 1 } ?? 0
  }

  /// Where the frames begin that every thread begins with.
  private static func beginning(_ frames: [Described]) -> Int? {
    guard var index = frames.firstIndex(where: \.isBeginning) else { return nil }
    while index > 0, frames[index - 1].place.hasSuffix("!*") { index -= 1 }
    return index > 0 ? index : nil
  }

  /// Without inner functions of one library that follow one another.
  private static func joined(_ places: [String]) -> [String] {
    places.indices.filter { $0 == 0 || !places[$0].hasSuffix("!*") || places[$0] != places[$0 - 1] }.map { places[$0] }
  }
}

// MARK: - Recursion

extension SignatureBuilder {
  /// What recurs on a stack that ran full: its cycle, or, where it turns in no regular order, the functions that come most
  /// often; nil where nothing recurs.
  private func recursion(_ walk: StackWalk?) -> (place: String, name: String?)? {
    guard let walk else { return nil }
    let folds = walk.elements.compactMap { element -> RecursionFold? in
      if case .fold(let fold) = element { fold } else { nil }
    }
    if let largest = folds.max(by: { $0.frameCount < $1.frameCount }), largest.frameCount * 2 > walk.frameCount {
      let cycle = describe(largest.cycle)
      return (
        SignatureFolding.text(of: cycle.map(\.place)),
        cycle.contains { $0.function != nil } ? SignatureFolding.text(of: cycle.map(\.name)) : nil
      )
    }
    return frequent(walk)
  }

  /// The functions that come at least half as often as the one that comes most often.
  private func frequent(_ walk: StackWalk) -> (place: String, name: String?)? {
    var counts: [UInt64: (frame: Frame, count: Int)] = [:]
    func count(_ frame: Frame, _ times: Int) {
      let key = frame.functionStart == 0 ? frame.lookupAddress : frame.functionStart
      counts[key, default: (frame, 0)].count += times
    }
    for element in walk.elements {
      switch element {
      case .frame(let frame): count(frame, 1)
      case .fold(let fold): for frame in fold.cycle { count(frame, fold.turns) }
      case .omitted(let omitted):
        for function in omitted.mostFrequent {
          count(
            Frame(
              number: 0, pc: function.samplePC, isExact: true, cfa: 0, stackPointer: 0,
              functionStart: function.functionStart, provenance: .callFrameInformation), function.count)
        }
      }
    }
    let most = counts.values.map(\.count).max() ?? 0
    guard most >= 8 else { return nil }
    let recurring = describe(counts.values.filter { $0.count * 2 >= most }.map(\.frame))
    func text(_ functions: [String]) -> String { "{" + Set(functions).sorted().joined(separator: ", ") + "}*" }
    return (
      text(recurring.map(\.place)), recurring.contains { $0.function != nil } ? text(recurring.map(\.name)) : nil
    )
  }
}
