internal import Bytes
internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// A C++ exception that nobody caught, or that met a function which promises not to throw.
enum UncaughtException {
  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard let abort = AbortedProgram(investigation, crash) else { return nil }
    if let finding = virtualCall(investigation, crash, abort) { return finding }
    guard
      let terminate = abort.names.lastIndex(where: { Self.terminators.contains($0) })
        ?? silentTermination(investigation, abort)
    else { return nil }
    let thrower = abort.names.lastIndex { throwers.contains($0) }
    let exception = ThrownException(investigation, crash, abort.frames)
    guard thrower != nil || exception != nil else {
      return withoutException(investigation, crash, abort, terminate)
    }
    // `throw;` where no exception is being handled goes the same way, and has none to show.
    let isEmptyRethrow = exception == nil && thrower.map { abort.names[$0] == "__cxa_rethrow" } ?? false
    let isNoexcept =
      abort.names.contains { $0 == "__cxa_call_terminate" || $0 == "__clang_call_terminate" }
      || abort.names.contains("__gxx_personality_v0")
    var evidence = exception?.evidence ?? []
    let place = thrower.flatMap { abort.caller(behind: $0) } ?? abort.caller(behind: terminate)
    let function = place.map { investigation.function($0.lookupAddress) }
    // The library throws for others: who called it is to be looked at.
    let user = thrower.flatMap { position in
      abort.frames.indices.first { $0 > position && !investigation.isRuntime(abort.frames[$0]) }
    }.map { abort.frames[$0] }
    let userFunction = user.map { investigation.function($0.lookupAddress) }
    if let place, let function {
      let caller = user?.number == place.number ? "" : userFunction.map { ", called by \($0)" } ?? ""
      evidence.append(
        investigation.evidence(
          thrower == nil
            ? "\(function) led to std::terminate"
            : isEmptyRethrow ? "\(function) executed `throw;`" : "it was thrown in \(function)\(caller)", of: place.pc))
    }
    let isDestructor =
      thrower.map { position in
        abort.names.dropFirst(position + 1).prefix(8).contains { name in
          ["D0Ev", "D1Ev", "D2Ev"].contains { name.hasSuffix($0) }
        }
      } ?? false
    let what = exception.map { exception in
      exception.type + (exception.message.map { exception.isNumber ? " \($0)" : ": \"\($0)\"" } ?? "")
    }
    let statement =
      if let what {
        isNoexcept
          ? "An exception left a function that is noexcept\(isDestructor ? ", or a destructor that ran because of another exception" : ""): \(what)."
          : "Nobody caught an exception: \(what)."
      } else if isEmptyRethrow {
        "`throw;` was executed in \(function ?? "the program") where no exception was being handled, or nobody caught what it "
          + "threw again."
      } else {
        "Nobody caught an exception; its type was not found in the core."
      }
    let certainty = isEmptyRethrow ? .likely : abort.certainty(of: terminate)
    return Finding(
      hazard: .uncaughtException, certainty: certainty,
      thread: crash.thread.tid, statement: statement, evidence: evidence,
      refutedBy: certainty == .proved || isEmptyRethrow ? nil : GuessedFrames.refutation,
      remedies: [
        isEmptyRethrow
          ? "Use `throw;` in a catch block alone, or in what it calls: std::current_exception() tells whether there is one."
          : "Catch it between \(userFunction ?? function ?? "the throw") and the thread's first function, or keep it from "
            + "being thrown."
      ])
  }

  /// The frame of a throw that ended in abort, with nothing but the run-time library in between: libc++abi calls a
  /// terminate of its own, whose name is hidden.
  private static func silentTermination(_ investigation: Investigation, _ abort: AbortedProgram) -> Int? {
    guard let thrower = abort.names.lastIndex(where: { throwers.contains($0) }),
      let end = abort.names[..<thrower].firstIndex(of: "abort"),
      abort.frames[(end + 1)..<thrower].allSatisfy({ investigation.isRuntime($0) })
    else { return nil }
    return thrower
  }

  /// std::terminate without a throw on the stack.
  private static func withoutException(
    _ investigation: Investigation, _ crash: Crash, _ abort: AbortedProgram, _ terminate: Int
  ) -> Finding {
    let place = abort.caller(behind: terminate)
    let function = place.map { investigation.function($0.lookupAddress) }
    return Finding(
      hazard: .terminateCalled, certainty: .likely, thread: crash.thread.tid,
      statement: "\(function ?? "The program") called std::terminate itself; no exception was on its way: a joinable "
        + "std::thread was destroyed or assigned to, or the program gave up there.",
      evidence: place.flatMap { place in
        function.map { [investigation.evidence("\($0) called std::terminate", of: place.pc)] }
      } ?? [Evidence("std::terminate is on the stack, and nothing that throws")],
      refutedBy: "an exception that was thrown by code whose names are not known",
      remedies: ["Join or detach every std::thread before it is destroyed; look for calls of std::terminate."])
  }

  /// A virtual method without a body was called (Itanium C++ ABI, section 3.2.6).
  private static func virtualCall(
    _ investigation: Investigation, _ crash: Crash, _ abort: AbortedProgram
  ) -> Finding? {
    guard let position = abort.names.firstIndex(where: { $0 == "__cxa_pure_virtual" || $0 == "__cxa_deleted_virtual" })
    else { return nil }
    let isPure = abort.names[position] == "__cxa_pure_virtual"
    let place = abort.caller(behind: position)
    let function = place.map { investigation.function($0.lookupAddress) }
    return Finding(
      hazard: .pureVirtualCall, certainty: abort.certainty(of: position), thread: crash.thread.tid,
      statement: "A \(isPure ? "pure" : "deleted") virtual method was called\(function.map { " in \($0)" } ?? ""): its "
        + "object was being constructed or destroyed, or was gone.",
      evidence: [
        place.map { investigation.evidence("\(function ?? "") called \(abort.names[position])", of: $0.pc) }
          ?? Evidence("\(abort.names[position]) is on the stack")
      ],
      remedies: [
        "Call no virtual method in a constructor or destructor of a base class, also not by way of another function or "
          + "thread; if the object was gone, build with -fsanitize=address."
      ])
  }

  private static let throwers: Set<String> = [
    "__cxa_throw", "__cxa_rethrow", "_ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE",
    "_ZSt17rethrow_exceptionSt13exception_ptr",
  ]

  private static let terminators: Set<String> = [
    "_ZSt9terminatev", "_ZN10__cxxabiv111__terminateEPFvvE", "_ZN9__gnu_cxx27__verbose_terminate_handlerEv",
    "_ZSt11__terminatePFvvE", "__cxa_call_terminate", "__clang_call_terminate", "_ZL28demangling_terminate_handlerv",
    // The unwinder asks a noexcept function what to do, and the answer is std::terminate, by a name that is hidden.
    "__gxx_personality_v0",
  ]
}

/// The exception that was being thrown, found by the mark in its header (Itanium C++ ABI, Exception Handling,
/// section 2.2.1; `__cxa_exception` of libstdc++'s unwind-cxx.h and libc++abi's cxa_exception.h).
struct ThrownException {
  /// Its type for people.
  let type: String
  /// What `what()` would return, where it is a std::exception of the library's own kinds or derived from one; the value
  /// of a number or text.
  let message: String?
  /// Whether the message is a number that was thrown.
  let isNumber: Bool
  let evidence: [Evidence]

  /// How much of the stack is searched for a pointer to the header.
  private static let reach: UInt64 = 64 << 10
  /// "GNUCC++" and "CLNGC++" in the high seven bytes; the lowest tells a dependent exception.
  private static let marks: Set<UInt64> = [0x474e_5543_432b_2b, 0x434c_4e47_432b_2b]
  /// Where __cxa_exception::exceptionType lies before the header that the unwinder sees, and the object behind it.
  private static let typeOffset: UInt64 = 80
  private static let objectOffset: UInt64 = 32

  init?(_ investigation: Investigation, _ crash: Crash, _ frames: [Frame]) {
    let memory = investigation.memory
    guard let low = crash.registers.stackPointer(investigation.architecture) else { return nil }
    let high = min(low &+ Self.reach, frames.last.map { max($0.cfa, low) } ?? low)
    guard high > low else { return nil }
    let words = memory.readPrefix(low & ~7, Int(high - low))
    for offset in stride(from: 0, to: words.count - 7, by: 8) {
      guard let header = words.load(UInt64.self, at: offset), header % 8 == 0,
        let mark = memory.word(at: header), Self.marks.contains(mark >> 8)
      else { continue }
      // One that std::rethrow_exception throws holds the address of the first one's object in the type's place.
      let isDependent = mark & 0xff == 1
      let object = isDependent ? memory.word(at: header &- Self.typeOffset) : header &+ Self.objectOffset
      guard let object, object > Self.objectOffset &+ Self.typeOffset,
        let type = Self.type(at: object &- Self.objectOffset &- Self.typeOffset, investigation)
      else { continue }
      self.type = type.name
      message = type.isStandard ? Self.message(at: object, memory) : Self.value(of: type.mangled, at: object, memory)
      isNumber = type.mangled.utf8.count == 1
      evidence =
        [
          investigation.evidence(
            "the exception at \(hex(object)) is of type \(type.name) (\(type.mangled))",
            at: type.nameAddress,
            count: type.mangled.utf8.count)
        ]
        + (message.map { [type.mangled.utf8.count == 1 ? "its value is \($0)" : "it says \"\($0)\""] } ?? []).map {
          Evidence($0, address: object)
        }
      return
    }
    return nil
  }

  /// The type by its `std::type_info`, and whether it is one of libstdc++'s with a message, by its base classes.
  private static func type(
    at address: UInt64, _ investigation: Investigation
  ) -> (name: String, mangled: String, nameAddress: UInt64, isStandard: Bool)? {
    let memory = investigation.memory
    guard let information = memory.word(at: address), let name = memory.word(at: information &+ 8),
      let raw = memory.cString(at: name, limit: 4096), !raw.isEmpty
    else { return nil }
    // A type whose address is compared, not its name, has a star before it.
    let mangled = raw.text.first == "*" ? String(raw.text.dropFirst()) : raw.text
    guard mangled.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
    return (readable(mangled), mangled, name, isStandard(information, memory))
  }

  /// Follows single inheritance (`__si_class_type_info`: virtual table, name, base) to a class with a message.
  private static func isStandard(_ information: UInt64, _ memory: any TargetMemory) -> Bool {
    var current = information
    for _ in 0..<16 {
      guard let name = memory.word(at: current &+ 8), let raw = memory.cString(at: name, limit: 256) else {
        return false
      }
      if raw.equals("St13runtime_error") || raw.equals("St11logic_error") { return true }
      guard let base = memory.word(at: current &+ 16), base != 0, base % 8 == 0 else { return false }
      current = base
    }
    return false
  }

  /// runtime_error and logic_error hold a pointer to their text behind the virtual table's.
  private static func message(at object: UInt64, _ memory: any TargetMemory) -> String? {
    guard let pointer = memory.word(at: object &+ 8), pointer != 0 else { return nil }
    return memory.cString(at: pointer, limit: 4096)?.text
  }

  /// What an exception of a built-in type holds: a number, or a text.
  private static func value(of mangled: String, at object: UInt64, _ memory: any TargetMemory) -> String? {
    switch mangled {
    case "i": memory.load(Int32.self, at: object).map { String($0) }
    case "j": memory.load(UInt32.self, at: object).map { String($0) }
    case "l", "x": memory.load(Int64.self, at: object).map { String($0) }
    case "m", "y": memory.load(UInt64.self, at: object).map { String($0) }
    case "PKc", "Pc", "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE":
      memory.word(at: object).flatMap { memory.cString(at: $0, limit: 4096)?.text }.flatMap { $0.isEmpty ? nil : $0 }
    default: nil
    }
  }

  /// The type's name as in the source; demangled by way of the name of its type information.
  private static func readable(_ mangled: String) -> String {
    let text = SymbolName(raw: ByteView(Array("_ZTS\(mangled)".utf8))).text(.short)
    for prefix in ["typeinfo name for ", "_ZTS"] where text.hasPrefix(prefix) {
      return String(text.dropFirst(prefix.count))
    }
    return text
  }
}
