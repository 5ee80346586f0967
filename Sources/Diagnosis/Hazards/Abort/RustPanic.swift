internal import Bytes
internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// A Rust panic that ended the program: with panic=abort, or where it may not unwind any further.
enum RustPanic {
  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    let frames = Array(crash.walk.frames.prefix(64))
    let names = investigation.rawNames(of: frames)
    // Panics end in abort, or in the trap of intrinsics::abort.
    guard [SignalInfo.abort, SignalInfo.illegal, SignalInfo.trap].contains(crash.signal.number),
      let begin = names.firstIndex(where: {
        $0.has("rust_begin_unwind") || $0.has("rust_panic_with_hook") || $0.has("panic_with_hook")
      })
    else { return nil }
    var last = begin
    while last + 1 < frames.count, isMachinery(names[last + 1]) { last += 1 }
    // Rust's libraries check for others: who called them is to be looked at.
    let own =
      last + 1 < frames.count
      ? names.indices.first {
        $0 > last
          && !isLibrary(investigation.names.resolve([frames[$0].lookupAddress]).first?.symbol?.name.text(.short) ?? "")
      } : nil
    let user = (own ?? (last + 1 < frames.count ? last + 1 : nil)).map { frames[$0] }
    let isPlain = names[begin...last].contains { $0.has("11begin_panic") }
    let memory = PanicMemory(investigation, crash, until: frames[last], isPlain: isPlain)
    let place = user.map { investigation.function($0.lookupAddress) }
    let kind = names[begin...last].lazy.compactMap(Self.kind).first
    var evidence: [Evidence] = []
    if let user, let place {
      evidence.append(
        investigation.evidence(
          "\(place) panicked, by \(investigation.function(frames[last].lookupAddress))", of: user.pc))
    }
    if let location = memory.location {
      evidence.append(
        investigation.evidence("the panic's Location is \(location.text)", at: location.address, count: 24))
    }
    if let message = memory.message {
      evidence.append(
        investigation.evidence(
          "its message, by what lies in the frames of the panic: \"\(message.text)\"", at: message.address,
          count: min(message.text.utf8.count, 96)))
    } else {
      evidence.append(Evidence("the text of the panic is not in the core; it went to standard error"))
    }
    var statement = "Rust panicked"
    if let place { statement += " in \(place)" }
    if let location = memory.location { statement += ", at \(location.text)" }
    statement += kind.map { ": \($0)." } ?? "."
    if kind == nil, let message = memory.message {
      let line = message.text.split(separator: "\n").first.map(String.init) ?? message.text
      statement = statement.dropLast() + ": \(line)\(line.hasSuffix(".") ? "" : ".")"
    }
    let certainty = GuessedFrames.certainty(of: begin, in: frames)
    return Finding(
      hazard: .rustPanic, certainty: certainty, thread: crash.thread.tid, statement: statement, evidence: evidence,
      refutedBy: certainty == .proved ? nil : GuessedFrames.refutation,
      remedies: [
        kind?.has("may not unwind") ?? false
          ? "Catch the first panic with std::panic::catch_unwind inside of the extern \"C\" function, or declare it "
            + "extern \"C-unwind\"; do not panic in drop. What panicked first is on standard error."
          : "Mend the condition at that place. RUST_BACKTRACE=1 prints the stack when it happens again."
      ])
  }

  /// Whether the function belongs to the panic's own machinery, in either of Rust's manglings.
  private static func isMachinery(_ name: String) -> Bool {
    [
      "9panicking", "begin_unwind", "rust_panic_with_hook", "__rust_end_short_backtrace", "13unwrap_failed",
      "13expect_failed",
      "4core5slice5index", "16slice_error_fail", "3std7process5abort", "14abort_internal", "6option13unwrap",
    ].contains { name.has($0) } || name == "rust_panic" || name.hasSuffix("7___rustc10rust_panic")
  }

  /// Whether the function is one of `core`, `alloc` or `std`, a method of a built-in type by one of their traits, or of
  /// one of their types: by its readable name.
  private static func isLibrary(_ name: String) -> Bool {
    let crates = ["core::", "alloc::", "std::"]
    guard name.hasPrefix("<") else { return crates.contains { name.hasPrefix($0) } }
    let type = name.drop { "<&*[( ".contains($0) }
    if crates.contains(where: { type.hasPrefix($0) }) { return true }
    let isBuiltIn = !type.prefix { $0 != " " && $0 != ">" }.contains(":")
    return isBuiltIn && crates.contains { name.has(" as \($0)") }
  }

  /// What the machinery's function says about the reason.
  private static func kind(_ name: String) -> String? {
    let kinds = [
      ("panic_cannot_unwind", "it panicked where it may not unwind, in an extern \"C\" function or the like"),
      ("panic_in_cleanup", "a destructor panicked while another panic was unwinding, where it may not unwind"),
      ("panic_bounds_check", "an index was out of bounds"),
      ("panic_const_add_overflow", "an addition overflowed"), ("panic_const_sub_overflow", "a subtraction overflowed"),
      ("panic_const_mul_overflow", "a multiplication overflowed"), ("panic_const_div_by_zero", "a division by zero"),
      ("panic_null_pointer_dereference", "a null pointer was dereferenced"),
      ("panic_misaligned_pointer_dereference", "a misaligned pointer was dereferenced"),
      ("panic_already_borrowed", "a RefCell was borrowed twice"),
      ("panic_already_mutably_borrowed", "a RefCell was borrowed while it was mutably borrowed"),
    ]
    return kinds.first { name.has($0.0) }?.1
  }
}

/// What the frames of a panic hold: the place it came from and its text.
struct PanicMemory {
  let location: (text: String, address: UInt64)?
  let message: (text: String, address: UInt64)?

  /// The most of the stack that is searched.
  private static let reach: UInt64 = 32 << 10

  /// - Parameters:
  ///   - last: the outermost frame of the panic's machinery.
  ///   - isPlain: it is a panic of before the 2021 edition, whose payload is a `&str`, not a `fmt::Arguments`.
  init(_ investigation: Investigation, _ crash: Crash, until last: Frame, isPlain: Bool) {
    let low = (crash.registers.stackPointer(investigation.architecture) ?? 0) & ~7
    let high = min(last.cfa &+ 512, low &+ Self.reach)
    guard high > low else {
      (location, message) = (nil, nil)
      return
    }
    let words = investigation.memory.readPrefix(low, Int(high - low))
    var location: (String, UInt64)?
    var literals: [(pointer: UInt64, length: UInt64)] = []
    var formatted: (String, UInt64)?
    var pieces: (String, UInt64)?
    for offset in stride(from: 0, to: words.count - 23, by: 8) {
      guard let first = words.load(UInt64.self, at: offset), let second = words.load(UInt64.self, at: offset + 8),
        let third = words.load(UInt64.self, at: offset + 16)
      else { break }
      if location == nil { location = Self.location(first, investigation) }
      if (4...4097).contains(second), investigation.isConstant(first) { literals.append((first, second)) }
      if formatted == nil { formatted = Self.formatted(first, second, third, investigation) }
      // Nearest to the caller lies the panic's own; deeper ones belong to what prints it.
      if !isPlain { pieces = Self.pieces(first, second, words, offset, investigation) ?? pieces }
    }
    self.location = location
    message = formatted ?? pieces ?? Self.literal(literals, isPlain: isPlain, investigation)
  }

  /// The constant parts of a `core::fmt::Arguments` as it was until Rust 1.92: slices of pieces (`&str`), of arguments
  /// (two words each) and of format specifications, the last one absent (a null pointer) in the simple case. The
  /// arguments themselves are not formatted: each is shown as `{}`.
  ///
  /// - Parameters:
  ///   - first, count: what would be the slice of pieces.
  ///   - offset: where in `words` they were found; the slice of arguments is one of the next two pairs.
  private static func pieces(
    _ first: UInt64, _ count: UInt64, _ words: ByteView, _ offset: Int, _ investigation: Investigation
  ) -> (String, UInt64)? {
    guard (1...16).contains(count), first % 8 == 0, investigation.isConstant(first) else { return nil }
    var texts: [String] = []
    for index in 0..<count {
      guard let pointer = investigation.memory.word(at: first &+ index &* 16),
        let length = investigation.memory.word(at: first &+ index &* 16 &+ 8), length <= 4096,
        length == 0 || investigation.isConstant(pointer), let text = investigation.printable(pointer, Int(length))
      else { return nil }
      texts.append(text)
    }
    // The arguments are a slice on the stack, one for each gap between pieces, or one more after the last.
    let argumentCounts = [offset + 24, offset + 40].compactMap { words.load(UInt64.self, at: $0) }
    guard let arguments = argumentCounts.first(where: { $0 == count || $0 &+ 1 == count }) else { return nil }
    if texts == [""], arguments == 1 { return shown(words, offset, investigation) }
    guard texts.contains(where: { $0.utf8.count > 3 }), !texts.contains(where: { $0.hasSuffix(".rs") })
    else { return nil }
    let text = texts.joined(separator: "{}") + (arguments == count ? "{}" : "")
    return (text, first)
  }

  /// The one argument of a message that is nothing else, where that is a `&str`: what `expect` was given. An argument
  /// is a pointer to the value and the function that formats it.
  private static func shown(
    _ words: ByteView, _ offset: Int, _ investigation: Investigation
  ) -> (String, UInt64)? {
    let memory = investigation.memory
    for slice in [offset + 16, offset + 32] {
      guard let argument = words.load(UInt64.self, at: slice), let value = memory.word(at: argument),
        let pointer = memory.word(at: value), let length = memory.word(at: value &+ 8), (4...4096).contains(length),
        investigation.isConstant(pointer), let text = investigation.printable(pointer, Int(length))
      else { continue }
      return (text, pointer)
    }
    return nil
  }

  /// A text without arguments: a pointer and a length, as `&str`, or, as `core::fmt::Arguments` of Rust 1.93 and
  /// newer, with the length doubled and its lowest bit set. Where both stand for one pointer, that settles it.
  private static func literal(
    _ pairs: [(pointer: UInt64, length: UInt64)], isPlain: Bool, _ investigation: Investigation
  ) -> (String, UInt64)? {
    func text(_ pointer: UInt64, _ length: UInt64) -> (String, UInt64)? {
      investigation.printable(pointer, Int(length)).flatMap { $0.hasSuffix(".rs") ? nil : ($0, pointer) }
    }
    for pair in pairs {
      let isBoth = pairs.contains { $0.pointer == pair.pointer && $0.length == pair.length << 1 | 1 }
      if isBoth, let found = text(pair.pointer, pair.length) { return found }
    }
    return pairs.lazy.compactMap { pair in
      if isPlain { return text(pair.pointer, pair.length) }
      return pair.length & 1 == 1 && pair.length > 8 ? text(pair.pointer, pair.length >> 1) : nil
    }.first
  }

  /// `core::panic::Location`: the file's name (pointer and length), line and column.
  private static func location(_ address: UInt64, _ investigation: Investigation) -> (String, UInt64)? {
    let memory = investigation.memory
    guard address % 8 == 0, investigation.isConstant(address), let pointer = memory.word(at: address),
      let length = memory.word(at: address &+ 8), (4...1024).contains(length),
      let line = memory.load(UInt32.self, at: address &+ 16), let column = memory.load(UInt32.self, at: address &+ 20),
      line > 0, column > 0, line < 1 << 24, column < 1 << 16,
      let text = investigation.printable(pointer, Int(length)), text.hasSuffix(".rs"), !text.hasPrefix("/rustc/"),
      !text.hasPrefix("library/")
    else { return nil }
    return ("\(text):\(line):\(column)", address)
  }

  /// A `String` that the message was formatted into: capacity, pointer, length.
  private static func formatted(
    _ capacity: UInt64, _ pointer: UInt64, _ length: UInt64, _ investigation: Investigation
  ) -> (String, UInt64)? {
    guard (4...4096).contains(length), capacity >= length, capacity <= 1 << 16,
      let mapping = investigation.target.mapping(containing: pointer), mapping.isStackLike, mapping.path == nil,
      let text = investigation.printable(pointer, Int(length)), text.has(" ")
    else { return nil }
    return (text, pointer)
  }
}

extension Investigation {
  /// Whether `address` lies in a module's memory that the program does not write: code, constants, relocated data.
  func isConstant(_ address: UInt64) -> Bool {
    guard let mapping = target.mapping(containing: address), mapping.path != nil else { return false }
    return mapping.permissions.map { !$0.contains(.write) } ?? true
  }

  /// The text of exactly `count` bytes, where all of it is printable UTF-8.
  func printable(_ address: UInt64, _ count: Int) -> String? {
    guard let bytes = memory.read(address, count) else { return nil }
    let text = bytes.text
    let isSound =
      text.utf8.count == count
      && text.unicodeScalars.allSatisfy {
        $0.value >= 0x20 && $0.value != 0x7f && $0 != "\u{fffd}" || $0 == "\n" || $0 == "\t"
      }
    return isSound ? text : nil
  }
}
