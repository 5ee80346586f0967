import Diagnosis
import Foundation
import Testing
import TestSupport

/// LLVM's library of C++ from Debian's packages, which no compiler here takes by itself.
private enum LLVMLibrary {
  static let folder = "/usr/lib/llvm-14"
  static let isThere = FileManager.default.fileExists(atPath: folder + "/include/c++/v1/vector")
}

/// One after another: two compilers at once may replace a program, without a build-id to tell, while it runs.
@Suite(.serialized) struct AbortTests {
  static let library: [Case] = [
    ("assert", Hazard.assertionFailure, ["aborts.c:", "zero == 1"], ["main"]),
    ("double-free", .heapCorruption, ["Memory was freed twice: free()"], ["found in free", "main"]),
    (
      "freed-or-overwritten", .heapCorruption, ["freed twice, or the heap's own data", "corruption (!prev)"],
      ["called by main"]
    ),
    ("overflow-top", .heapCorruption, ["The heap is corrupt: data that malloc keeps"], ["called by main"]),
    ("invalid-free", .heapCorruption, ["free(): invalid pointer"], ["called by main"]),
    ("smash", .stackSmashing, ["smash", "beyond a local array"], ["__stack_chk_fail"]),
    ("fortify", .bufferOverflow, ["__strcpy_chk", "overflow"], ["buffer overflow detected"]),
    ("abort", .abort, ["main"], []),
  ].map { mode, hazard, says, shows in
    Case(
      source: "aborts.c", mode: mode,
      compiler: ["gcc", "-O1", "-g", "-w", "-fstack-protector-all", "-D_FORTIFY_SOURCE=2"], hazard: hazard, says: says,
      shows: shows)
  }

  @Test("what libc found out is told with its message", arguments: library)
  func libraryChecks(_ example: Case) throws { try example.check() }

  static let exceptions: [Case] =
    [
      ("standard", ["Nobody caught", "std::out_of_range", "no item 17"], ["place_order"]),
      ("derived", ["shop::OrderError", "order 42 has no address"], []),
      ("plain", ["shop::Plain"], []),
      ("int", ["int 5."], ["its value is 5"]),
      ("noexcept", ["noexcept", "shop::OrderError"], []),
    ].map { mode, says, shows in
      Case(
        source: "uncaught_exception.cpp", mode: mode, compiler: ["g++", "-O1", "-g"], hazard: .uncaughtException,
        says: says,
        shows: shows)
    } + [
      Case(
        source: "uncaught_exception.cpp", mode: "nothing", compiler: ["g++", "-O1", "-g"], hazard: .terminateCalled,
        certainty: .likely, says: ["main", "no exception was on its way"])
    ]

  static let terminations: [Case] = [
    ("pure-virtual", Hazard.pureVirtualCall, Certainty.proved, ["pure virtual method", "Shape::describe"], []),
    ("rethrow-nothing", .uncaughtException, .likely, ["`throw;` was executed in main"], ["executed `throw;`"]),
    ("rethrow-exception", .uncaughtException, .proved, ["std::range_error", "later"], []),
    ("text", .uncaughtException, .proved, ["char const*", "a text that was thrown"], []),
    ("library", .uncaughtException, .proved, ["std::out_of_range"], ["called by main"]),
    ("library-check", .assertionFailure, .proved, ["main"], ["__glibcxx_assert_fail"]),
    (
      "while-unwinding", .uncaughtException, .proved,
      ["or a destructor that ran because of another exception", "from a destructor"], ["Careless::~Careless"]
    ),
    ("in-catch", .terminateCalled, .likely, ["main"], []),
    ("joinable", .terminateCalled, .likely, ["joinable"], []),
  ].map { mode, hazard, certainty, says, shows in
    Case(
      source: "terminate.cpp", mode: mode, compiler: ["g++", "-O1", "-g", "-std=c++17", "-D_GLIBCXX_ASSERTIONS"],
      hazard: hazard,
      certainty: certainty, says: says, shows: shows)
  }

  @Test("std::terminate is told from the exceptions that lead there", arguments: terminations)
  func terminate(_ example: Case) throws { try example.check() }

  @Test("a function is not taken for libc's abort because of its name")
  func named() throws {
    try Case(
      source: "signals_within.c", mode: "my-abort", after: ["-lm"], hazard: .abort, says: ["checks_and_may_abort"]
    ).check()
  }

  @Test("an uncaught exception is told with its type and text", arguments: exceptions)
  func uncaught(_ example: Case) throws { try example.check() }

  @Test(
    "a Rust panic is told with its place and, where the core has it, its text",
    arguments: [
      ("bounds", ["-C", "panic=abort"], ["rust_panic::callback", "rust_panic.rs:5:5", "out of bounds"]),
      ("message", ["-C", "panic=abort"], ["the cellar holds ", " bottles"]),
      ("literal", ["-C", "panic=abort", "--edition", "2021"], ["a literal message"]),
      ("literal", ["-C", "panic=abort"], ["a literal message"]),
    ]
      // Before Rust 1.81 a panic unwound out of an extern "C" function.
      + (Fixture.rustMinorVersion >= 81 ? [("message", [], ["may not unwind"])] : []))
  func rustPanic(_ mode: String, _ options: [String], _ says: [String]) throws {
    try Case(
      source: "rust_panic.rs", mode: mode, compiler: ["rustc", "-g"] + options, after: [], hazard: .rustPanic,
      says: says
    ).check()
  }

  @Test("of a Rust library's check the caller is named")
  func rustLibrary() throws {
    try Case(
      source: "rust_panic.rs", mode: "expect", compiler: ["rustc", "-g", "-C", "panic=abort"], after: [],
      hazard: .rustPanic, says: ["Rust panicked in rust_panic::", "the cellar must be open"]
    ).check()
  }

  @Test("a Rust allocation that failed is told")
  func rustAllocation() throws {
    try Case(
      source: "rust_panic.rs", mode: "allocation", compiler: ["rustc", "-g"], after: [], hazard: .abort,
      says: ["could not allocate"]
    ).check()
  }

  @Test(
    "Swift's message is the one of this error, and none that lies in memory as well",
    arguments: [
      ("message", ": the cellar holds 12 bottles."), ("decoy", ": the cellar holds 12 bottles."), ("cast", "as!"),
      ("unowned", "an object that is gone"),
    ])
  func swiftMessage(_ mode: String, _ reason: String) throws {
    let findings = try Case(
      source: "swift_fatal_errors.swift", mode: mode, compiler: ["swiftc", "-g", "-Onone"], after: [],
      hazard: .swiftFatalError
    ).findings()
    let finding = try #require(findings.first)
    #expect(finding.hazard == .swiftFatalError, "\(finding.summary)")
    #expect(finding.statement.contains(reason), "\(finding.summary)")
    #expect(finding.statement.contains("main"), "\(finding.summary)")
    #expect(!finding.statement.contains("Call of delete"), "\(finding.summary)")
    #expect(!finding.statement.contains("nothing of ours"), "\(finding.summary)")
  }

  static let libcxx: [Case] = [
    (
      "uncaught_exception.cpp", "standard", Hazard.uncaughtException,
      ["Nobody caught", "std::out_of_range", "no item 17"]
    ),
    ("uncaught_exception.cpp", "derived", .uncaughtException, ["shop::OrderError", "order 42 has no address"]),
    ("uncaught_exception.cpp", "int", .uncaughtException, ["int 5."]),
    ("uncaught_exception.cpp", "noexcept", .uncaughtException, ["noexcept", "shop::OrderError"]),
    ("terminate.cpp", "rethrow-exception", .uncaughtException, ["Nobody caught an exception"]),
    ("terminate.cpp", "pure-virtual", .pureVirtualCall, ["pure virtual method"]),
  ].map { source, mode, hazard, says in
    Case(
      source: source, mode: mode,
      compiler: [
        "clang++", "-stdlib=libc++", "-nostdinc++", "-isystem", LLVMLibrary.folder + "/include/c++/v1",
        "-L\(LLVMLibrary.folder)/lib",
        "-Wl,-rpath,\(LLVMLibrary.folder)/lib", "-O1", "-g", "-std=c++17",
      ], hazard: hazard, says: says)
  }

  @Test(
    "exceptions of libc++ are told as those of libstdc++ are",
    .enabled(if: LLVMLibrary.isThere, "libc++-14-dev is not installed"),
    arguments: libcxx)
  func otherLibrary(_ example: Case) throws { try example.check() }

  @Test(
    "what only a guessed stack says is not proved",
    .enabled(if: Fixture.has("musl-gcc")),
    arguments: [
      ("abort", Hazard.abort, "seems to have called abort"), ("assert", .assertionFailure, "An assertion failed"),
    ])
  func guessed(_ mode: String, _ hazard: Hazard, _ says: String) throws {
    // musl's abort and assert have neither call frame information nor frame pointers.
    try Case(
      source: "aborts.c", mode: mode, compiler: ["musl-gcc", "-O1", "-g", "-w"], hazard: hazard, certainty: .likely,
      says: [says], shows: ["as far as that could be guessed"]
    ).check()
  }

  @Test("a Rust abort is no panic")
  func rustAbort() throws {
    try Case(
      source: "rust_panic.rs", mode: "abort", compiler: ["rustc", "-g"], after: [], hazard: .abort,
      says: ["rust_panic::main"], never: [.rustPanic]
    ).check()
  }

  @Test(
    "Swift's ends are told with their reason",
    arguments: [
      ("fatal", "the cellar is empty"), ("nil", "Unexpectedly found nil"), ("index", "Index out of range"),
      ("overflow", "arithmetic overflow"), ("precondition", "precondition failure"),
    ])
  func swift(_ mode: String, _ reason: String) throws {
    try Case(
      source: "swift_fatal_errors.swift", mode: mode, compiler: ["swiftc", "-g", "-O"], after: [],
      hazard: .swiftFatalError,
      says: [reason]
    ).check()
  }
}
