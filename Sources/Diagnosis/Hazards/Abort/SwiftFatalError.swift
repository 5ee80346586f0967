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
    // The library checks for others: who called it is to be looked at.
    let user = frames[(last + 1)...].first { !isLibrary($0, investigation) } ?? frames[(last + 1)...].first
    let place = user.map { investigation.function($0.lookupAddress) }
    let kind = names.lazy.compactMap(Self.kind).first
    let message = message(investigation, crash, until: frames[last])
    var evidence: [Evidence] = []
    if let user, let place {
      let way = user.number > frames[last].number + 1 ? frames[last + 1] : frames[last]
      evidence.append(
        investigation.evidence(
          "\(place) called \(investigation.function(way.lookupAddress))"
            + (way.number == frames[last].number
              ? "" : ", which ended the program by \(investigation.function(frames[last].lookupAddress))"),
          of: user.pc))
    }
    if let message {
      evidence.append(
        investigation.evidence(
          message.isChecked
            ? "the text \"\(message.text)\" is still in memory, and its file and line are on the stack"
            : "a text \"\(message.text)\" is in memory; nothing shows that it is the one of this error",
          at: message.address, count: min(message.text.utf8.count, 96)))
    } else {
      evidence.append(Evidence("the text of the error is not in the core; it went to standard error"))
    }
    let reason = message.flatMap { $0.isChecked ? $0.text : nil } ?? kind
    let certainty = GuessedFrames.certainty(of: last, in: frames)
    return Finding(
      hazard: .swiftFatalError, certainty: certainty, thread: crash.thread.tid,
      statement: "Swift ended the program\(place.map { " in \($0)" } ?? "")"
        + (reason.map { ": \($0)\($0.hasSuffix(".") ? "" : ".")" } ?? " by a fatal error."),
      evidence: evidence, refutedBy: certainty == .proved ? nil : GuessedFrames.refutation,
      remedies: ["Mend the condition at that place; the message on standard error names file and line."])
  }

  private static func isLibrary(_ frame: Frame, _ investigation: Investigation) -> Bool {
    guard let index = investigation.target.moduleIndex(containing: frame.lookupAddress) else { return false }
    let name = investigation.target.modules[index].name
    return name.hasPrefix("libswift") || name.hasPrefix("libFoundation") || name.hasPrefix("lib_Foundation")
  }

  /// What a function of the run-time library says about the reason.
  private static func kind(_ name: String) -> String? {
    let kinds = [
      ("swift_dynamicCastFailure", "a forced cast (as!) to a type that the value is not of"),
      ("swift_abortRetainUnowned", "an unowned reference to an object that is gone was used"),
      ("AccessSet6insert", "overlapping accesses to the same variable, one of which changes it"),
      ("swift_beginAccess", "overlapping accesses to the same variable, one of which changes it"),
      ("swift_unexpectedError", "an error was thrown in a forced try"),
      ("swift_deletedMethodError", "a method was called that is not there"),
      ("swift_abortRetainOverflow", "an object was retained too often"),
      ("swift_abortUnownedRetainOverflow", "an object had too many unowned references"),
      ("swift_task_dealloc", "a task's memory was freed in the wrong order"),
      ("swift_continuation", "a continuation was misused: resumed twice, or never awaited"),
    ]
    return kinds.first { name.has($0.0) }?.1
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
    "swift_dynamicCastFailure", "_ZN5swift20swift_abortRetain", "swift_Concurrency_fatalError",
  ]

  /// The formatted message, where the heap or the stack still holds it: "file:line: Fatal error: text".
  ///
  /// Checked means that the file's name and the line's number are on the stack of the functions that end the program,
  /// too: memory may hold messages of others.
  private static func message(
    _ investigation: Investigation, _ crash: Crash, until last: Frame
  ) -> (text: String, address: UInt64, isChecked: Bool)? {
    let stackPointer = crash.registers.stackPointer(investigation.architecture) ?? 0
    let frames = investigation.memory.readPrefix(
      stackPointer & ~7, Int(min(max(last.cfa, stackPointer) - stackPointer, 65_536)) + 256)
    var words: Set<UInt64> = []
    for offset in stride(from: 0, to: frames.count - 7, by: 8) {
      if let word = frames.load(UInt64.self, at: offset) { words.formUnion([word, word & 0xffff_ffff]) }
    }
    for register in 0..<RegisterSet.capacity {
      if let value = crash.registers[register] { words.insert(value) }
    }
    // The names of source files that the functions which end the program were handed.
    let files = words.filter { investigation.isConstant($0) }
      .compactMap { investigation.memory.cString(at: $0, limit: 512)?.text }.filter { $0.hasSuffix(".swift") }
    let low = stackPointer >= 16 << 10 ? stackPointer - (16 << 10) : 0
    var ranges = [low..<max(low, stackPointer &+ (16 << 10))]
    ranges += investigation.target.mappings
      .filter { $0.isStackLike && $0.path == nil && !$0.contains(stackPointer) }.prefix(64).map { $0.start..<$0.end }
    var budget = 8 << 20
    var other: MessageSearch.Found?
    for range in ranges where !range.isEmpty && budget > 0 {
      let size = Int(min(range.upperBound - range.lowerBound, UInt64(budget)))
      budget -= size
      let bytes = investigation.memory.readPrefix(range.lowerBound, size)
      for found in MessageSearch.all(in: bytes, at: range.lowerBound) {
        if words.contains(found.line), let file = files.first(where: { isFile($0, found.file) }) {
          return (file + found.text.utf8.dropFirst(found.file.utf8.count).asText, found.address, true)
        }
        other = other ?? found
      }
    }
    return other.map { ($0.text, $0.address, false) }
  }
}

extension SwiftFatalError {
  /// Whether what stands before a message's line ends with the file's name; or with the end of it, where malloc wrote
  /// over the beginning of a text that was freed.
  private static func isFile(_ file: String, _ found: String) -> Bool {
    let common = zip(file.utf8.reversed(), found.utf8.reversed()).prefix { $0 == $1 }.count
    return common == file.utf8.count || common >= max(10, file.utf8.count - 16)
  }
}

extension Substring.UTF8View {
  fileprivate var asText: String { String(Substring(self)) }
}

/// Looks for the texts of Swift's fatal errors: "file:line: Fatal error: text".
enum MessageSearch {
  struct Found {
    let text: String
    let address: UInt64
    /// What stands before the line's number: it ends with the file's name.
    let file: String
    let line: UInt64
  }

  private static let markers = ["Fatal error", "Precondition failed", "Assertion failed"].map { Array($0.utf8) }
  /// The most that are looked at.
  private static let most = 64

  static func all(in bytes: ByteView, at start: UInt64) -> [Found] {
    var result: [Found] = []
    var position = 0
    let end = bytes.count - 11
    while position < end, result.count < most {
      // The marker stands behind ": ".
      guard bytes.load(UInt8.self, at: position) == UInt8(ascii: ":"),
        bytes.load(UInt8.self, at: position + 1) == UInt8(ascii: " "),
        let (line, digits) = line(before: position, bytes), let marker = marker(at: position + 2, bytes)
      else {
        position += 1
        continue
      }
      var low = position
      while low > 0, position - low < 512, let byte = bytes.load(UInt8.self, at: low - 1), byte < 0x80,
        isPrintable(byte)
      {
        low -= 1
      }
      var high = position + 2 + marker
      while high < bytes.count, high - position < 2048, let byte = bytes.load(UInt8.self, at: high), isPrintable(byte) {
        high += 1
      }
      let fileEnd = position - digits - 1
      if let text = bytes.slice(low, high - low), let file = bytes.slice(low, max(fileEnd - low, 0)) {
        result.append(Found(text: text.text, address: start &+ UInt64(low), file: file.text, line: line))
      }
      position = high
    }
    return result
  }

  /// The number that ends at `position`, with a colon before it.
  private static func line(before position: Int, _ bytes: ByteView) -> (number: UInt64, digits: Int)? {
    var value: UInt64 = 0
    var factor: UInt64 = 1
    var at = position - 1
    while at >= 0, factor <= 10_000_000, let byte = bytes.load(UInt8.self, at: at), (0x30...0x39).contains(byte) {
      value += UInt64(byte - 0x30) * factor
      factor *= 10
      at -= 1
    }
    guard factor > 1, at >= 0, bytes.load(UInt8.self, at: at) == UInt8(ascii: ":") else { return nil }
    return (value, position - 1 - at)
  }

  /// The length of the marker at `position`; nil where none is.
  private static func marker(at position: Int, _ bytes: ByteView) -> Int? {
    markers.first { marker in
      marker.indices.allSatisfy { bytes.load(UInt8.self, at: position + $0) == marker[$0] }
    }?.count
  }

  private static func isPrintable(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7f }
}
