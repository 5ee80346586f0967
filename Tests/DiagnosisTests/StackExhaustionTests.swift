import Diagnosis
import Testing
import TestSupport

@Suite struct StackExhaustionTests {
  static func program(_ mode: String, says: [String], shows: [String] = []) -> Case {
    Case(source: "stack_exhaustion.c", mode: mode, hazard: .stackExhaustion, says: says, shows: shows)
  }

  static let stacks: [Case] = [
    program("main", says: ["the main thread's stack, 8 MiB", "even", "odd", "turns deep"], shows: ["32 bytes a turn"]),
    program("main-big-frames", says: ["big_frames"], shows: ["the frame of big_frames", "wants 3,024 bytes"]),
    program(
      "main-huge-frame", says: ["KiB until then, could not grow that far", "one_huge_frame", "alone wants 16 MiB"]),
    program("main-small-recursion", says: ["one_huge_frame", "alone wants 16 MiB"]),
    program("main-alloca", says: ["huge_alloca", "alone wants 64 MiB"]),
    program("main-array", says: ["huge_array", "alone wants 64 MiB"]),
    program("thread", says: ["the stack of thread", "256 KiB", "turns deep"], shows: ["in its guard (4,096 bytes)"]),
    program("thread-huge-frame", says: ["one_huge_frame", "alone wants 16 MiB"]),
    program("alternate", says: ["the alternate signal stack, 64 KiB", "signal handler"], shows: ["in its guard"]),
    program("handler-aborts", says: ["the main thread's stack, 8 MiB", "turns deep"]),
    program("handler-raises", says: ["the main thread's stack, 8 MiB", "turns deep"]),
    program("undeliverable", says: ["the main thread's stack"], shows: ["could not write a signal frame"]),
    program("fiber", says: ["a stack segment that the program mapped itself, 128 KiB"], shows: ["a fiber's stack"]),
  ]

  @Test("a stack that ran out is told, whatever kind it is of", arguments: stacks)
  func exhausted(_ example: Case) throws { try example.check() }

  @Test(
    "compilers that probe the stack are seen through",
    arguments: [
      ["gcc", "-O1", "-g", "-fstack-clash-protection"], ["clang", "-O1", "-g", "-fstack-clash-protection"],
      ["gcc", "-O0"], ["gcc", "-O2", "-fomit-frame-pointer", "-s"],
    ])
  func probes(_ compiler: [String]) throws {
    try Case(
      source: "stack_exhaustion.c", mode: "thread-huge-frame", compiler: compiler, hazard: .stackExhaustion,
      says: ["wants 16 MiB"]
    ).check()
  }

  static let places: [Case] = [
    ("array", ["inside the data of", "until no more memory was there"], []),
    ("guarded-array", ["inside the data of", "KiB, is full"], ["in its guard"]),
    ("heap", ["inside the heap", "until no more memory was there"], []),
    ("mapping", ["mapped itself, about 64 KiB"], ["in its guard"]),
    ("alternate", ["the alternate signal stack, 32 KiB"], []),
    ("threads", ["the stack of thread", ", 64 KiB,"], []),
  ].map { mode, says, shows in
    Case(
      source: "stack_places.c", mode: mode, compiler: ["gcc", "-O1", "-g", "-fno-optimize-sibling-calls"],
      hazard: .stackExhaustion, says: says, shows: shows)
  }

  @Test("a stack is as large as it is, whatever lies beside it", arguments: places)
  func place(_ example: Case) throws { try example.check() }

  @Test(
    "a stack pointer that was overwritten is no exhausted stack",
    arguments: ["null", "low", "wild", "text", "code", "below"],
    [["gcc", "-O0", "-g"], ["gcc", "-O2", "-g"], ["clang", "-O2", "-fno-omit-frame-pointer"]])
  func stackPointer(_ mode: String, _ compiler: [String]) throws {
    try Case(
      source: "stack_pointer_lost.c", mode: mode, compiler: compiler, hazard: .corruptStackPointer, certainty: nil,
      says: ["stack pointer"], never: [.stackExhaustion, .nullDereference]
    ).check()
  }

  static let nearMisses: [Case] = [
    Case(
      source: "stack_near_misses.c", mode: "deep-null", hazard: .nullDereference, shows: ["loaded from pointer"],
      never: [.stackExhaustion]),
    Case(
      source: "stack_near_misses.c", mode: "guard-by-pointer", hazard: .wildAddress, certainty: .likely,
      never: [.stackExhaustion]),
    Case(
      source: "stack_near_misses.c", mode: "below-mapping", hazard: .wildAddress, certainty: .likely,
      never: [.stackExhaustion]),
    Case(
      source: "stack_near_misses.c", mode: "far-below-stack", hazard: .wildAddress, certainty: .likely,
      never: [.stackExhaustion]),
  ]

  @Test("what only looks like it is not called it", arguments: nearMisses)
  func nearMiss(_ example: Case) throws { try example.check() }

  @Test("a Rust program's handler on an alternate stack does not hide it", arguments: ["recursion", "thread"])
  func rust(_ mode: String) throws {
    try Case(
      source: "rust_panic.rs", mode: mode, compiler: ["rustc", "-g", "-O"], after: [], hazard: .stackExhaustion,
      says: ["rust_panic::recurse", "turns deep"], never: [.abort, .rustPanic]
    ).check()
  }
}
