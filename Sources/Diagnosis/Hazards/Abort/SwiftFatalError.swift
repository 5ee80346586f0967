internal import Bytes
internal import Disassembly
internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// Swift's own ends of a program: fatalError, preconditions, and the checks that the compiler puts in.
enum SwiftFatalError {
  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard [SignalInfo.illegal, SignalInfo.trap, SignalInfo.abort].contains(crash.signal.number) else { return nil }
    if let finding = compilerCheck(investigation, crash, fault) { return finding }
    let frames = Array(crash.walk.frames.prefix(24))
    let names = investigation.rawNames(of: frames)
    guard let last = names.lastIndex(where: { name in machinery.contains { name.has($0) } }) else { return nil }
    let user = last + 1 < frames.count ? frames[last + 1] : nil
    let place = user.map { investigation.function($0.lookupAddress) }
    let message = message(investigation, crash)
    var evidence: [Evidence] = []
    if let user, let place {
      evidence.append(
        investigation.evidence("\(place) called \(investigation.function(frames[last].lookupAddress))", of: user.pc))
    }
    evidence.append(
      message.map {
        investigation.evidence(
          "the text \"\($0.text)\" is still in memory", at: $0.address, count: min($0.text.utf8.count, 96))
      }
        ?? Evidence("the text of the error is not in the core; it went to standard error"))
    return Finding(
      hazard: .swiftFatalError, certainty: .proved, thread: crash.thread.tid,
      statement: "Swift ended the program\(place.map { " in \($0)" } ?? "")"
        + (message.map { ": \($0.text)" } ?? " by a fatal error."),
      evidence: evidence,
      remedies: ["Mend the condition at that place; the message on standard error names file and line."])
  }

  /// A trap whose reason the compiler recorded as the name of an inlined function.
  private static func compilerCheck(
    _ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis
  ) -> Finding? {
    guard let instruction = fault.instruction, instruction.kind == .trap else { return nil }
    let resolution = investigation.names.resolve([instruction.address]).first ?? .none
    let marker = "Swift runtime failure: "
    let names = resolution.inlined.map { $0.name.raw.text }
    guard let position = names.firstIndex(where: { $0.hasPrefix(marker) }) else { return nil }
    let reason = String(names[position].dropFirst(marker.count))
    // The innermost place that a person wrote: what the compiler made has no file.
    let site = resolution.inlined.indices.first { index in
      index >= position && resolution.inlined[index].callSite.map { $0.line > 0 && $0.path.first != "<" } == true
    }
    let at = site.flatMap { resolution.inlined[$0].callSite }.map { " (\($0.fileName):\($0.line))" } ?? ""
    let caller = site.flatMap { $0 + 1 < resolution.inlined.count ? resolution.inlined[$0 + 1].name.bareText : nil }
    let function = caller ?? investigation.function(instruction.address)
    return Finding(
      hazard: .swiftFatalError, certainty: .proved, thread: crash.thread.tid,
      statement: "A check of Swift's failed in \(function)\(at): \(reason).",
      evidence: [
        investigation.evidence(
          "\(instruction.text) at \(investigation.place(instruction.address)) is the end of \"\(names[position])\", by the "
            + "debug information of the program", of: instruction.address)
      ],
      remedies: [
        "Check for it before: the caller's values are in `inquest examine CORE registers`; -Onone builds print a message."
      ])
  }

  private static let machinery = [
    "$ss17_assertionFailure", "$ss18_fatalErrorMessage", "$ss25_unimplementedInitializer",
    "_swift_stdlib_reportFatalError",
    "swift_reportError", "_ZN5swift10fatalError", "swift_unexpectedError", "swift_deletedMethodError",
    "swift_dynamicCastFailure", "_ZN5swift20swift_abortRetain",
  ]

  /// The formatted message, where the heap or the stack still holds it: "file:line: Fatal error: text".
  private static func message(_ investigation: Investigation, _ crash: Crash) -> (text: String, address: UInt64)? {
    let stackPointer = crash.registers.stackPointer(investigation.architecture) ?? 0
    let low = stackPointer >= 16 << 10 ? stackPointer - (16 << 10) : 0
    var ranges = [low..<max(low, stackPointer &+ (16 << 10))]
    ranges += investigation.target.mappings
      .filter { $0.isStackLike && $0.path == nil && !$0.contains(stackPointer) }.prefix(64).map { $0.start..<$0.end }
    var budget = 8 << 20
    for range in ranges where !range.isEmpty && budget > 0 {
      let size = Int(min(range.upperBound - range.lowerBound, UInt64(budget)))
      budget -= size
      let bytes = investigation.memory.readPrefix(range.lowerBound, size)
      if let found = MessageSearch.first(in: bytes, at: range.lowerBound) { return found }
    }
    return nil
  }
}

/// Looks for "Fatal error: " and takes the line around it.
enum MessageSearch {
  private static let marker = Array("Fatal error: ".utf8)

  static func first(in bytes: ByteView, at start: UInt64) -> (text: String, address: UInt64)? {
    let end = bytes.count - marker.count
    guard end >= 0, let first = marker.first else { return nil }
    var position = 0
    while position <= end {
      guard bytes.load(UInt8.self, at: position) == first,
        marker.indices.allSatisfy({ bytes.load(UInt8.self, at: position + $0) == marker[$0] })
      else {
        position += 1
        continue
      }
      var low = position
      while low > 0, position - low < 512, let byte = bytes.load(UInt8.self, at: low - 1), isPrintable(byte) {
        low -= 1
      }
      var high = position + marker.count
      while high < bytes.count, high - position < 2048, let byte = bytes.load(UInt8.self, at: high), isPrintable(byte) {
        high += 1
      }
      if high > position + marker.count, let line = bytes.slice(low, high - low) {
        return (line.text, start &+ UInt64(low))
      }
      position = high
    }
    return nil
  }

  private static func isPrintable(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7f }
}
