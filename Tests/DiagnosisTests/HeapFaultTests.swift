import Diagnosis
import ModuleFiles
import TestSupport
import Testing

private func fault(
  _ mode: String, _ hazard: Hazard, _ certainty: Certainty = .likely, says: [String] = [], shows: [String] = [],
  never: [Hazard] = []
) -> Case {
  Case(
    source: "heap_faults.c", mode: mode, compiler: ["gcc", "-O1", "-g", "-w"], hazard: hazard, certainty: certainty,
    says: says, shows: shows, never: never)
}

private let heapHazards: [Hazard] = [.useAfterFree, .heapBufferOverflow, .heapCorruption]

@Suite("Faults by way of the heap")
struct HeapFaultTests {
  static let freed: [Case] = [
    fault(
      "tcache-link", .useAfterFree, says: ["40 bytes", "at the start"],
      shows: ["the tcache of thread", "bin 0x30", "malloc's link"]),
    fault("tcache-key", .useAfterFree, says: ["40 bytes", "8 bytes into it"], shows: ["the tcache of thread"]),
    fault("bin-call", .useAfterFree, says: ["2,008 bytes", "16 bytes into it"], shows: ["the unsorted bin"]),
    fault("stale-null", .useAfterFree, says: ["160 bytes into it"], shows: ["the unsorted bin"]),
    fault("fastbin", .useAfterFree, shows: ["fastbin 0x30", "malloc's link"]),
    fault("in-library", .useAfterFree, says: ["strlen", "called by"], shows: ["the tcache of thread"]),
    fault("top", .useAfterFree, says: ["the end of the heap"], shows: ["given to nobody"]),
    fault("thread", .useAfterFree, shows: ["the tcache of thread", "to no other"]),
  ]

  @Test("that were read from a freed block are told, with the list that it is in", arguments: freed)
  func readFromFreed(example: Case) throws { try example.check() }

  @Test("are told at every optimisation, and in static programs", arguments: ["tcache-link", "stale-null", "fastbin"])
  func compilers(mode: String) throws {
    let example = try #require(Self.freed.first { $0.mode == mode })
    for options in [["-O0"], ["-O2"], ["-O1", "-static-pie"]] {
      var other = example
      other.compiler = ["gcc", "-g", "-w"] + options
      try other.check()
    }
  }

  @Test("are told on aarch64", arguments: ["tcache-link", "bin-call", "fastbin", "index"])
  func aarch64(mode: String) throws {
    let program = try Fixture.compile(
      "heap_faults.c", with: ["aarch64-linux-gnu-gcc", "-O1", "-g", "-w"], after: ["-lpthread"])
    let search = SearchPaths(systemRoots: [Fixture.aarch64SystemRoot])
    let findings = try investigate(Fixture.guestCore(of: [program, mode]), search: search).diagnose()
    let all = findings.map(\.summary).joined(separator: "\n")
    #expect(findings.first?.hazard == (mode == "index" ? .heapBufferOverflow : .useAfterFree), "\(all)")
    #expect(findings.first?.certainty == .likely, "\(all)")
  }

  @Test(
    "that went past a block's end name the block",
    arguments: [
      fault("index", .heapBufferOverflow, says: ["2,008 bytes", "past the end"]),
      fault("run", .heapBufferOverflow, says: ["40 bytes", "to the end of the heap"], shows: ["rrrrrrrr"]),
      fault("mapped-run", .heapBufferOverflow, says: ["past the end of a block"]),
      fault(
        "overflow-abort", .heapCorruption, .proved, says: ["written past its end, most likely"],
        shows: ["0x2e2e2e2e2e2e2e2e", "a name that is longer"]),
      fault(
        "top-size", .heapCorruption, .proved, says: ["24 bytes"], shows: ["corrupted top size", "0x5454545454545454"]),
    ])
  func overflow(example: Case) throws { try example.check() }

  @Test(
    "of malloc's own checks name the block that is free already, or the list that is broken",
    arguments: [
      fault(
        "double-free", .heapCorruption, .proved, says: ["freed twice"],
        shows: ["the block of 40 bytes", "is free already: it is in the tcache of thread"]),
      fault(
        "double-free-fastbin", .heapCorruption, .proved, says: ["freed twice"],
        shows: ["is free already: it is in fastbin 0x30"]),
      fault(
        "poisoned-cache", .heapCorruption, .proved, shows: ["unaligned tcache chunk", "which is none of its chunks"]),
    ])
  func checks(example: Case) throws { try example.check() }

  @Test(
    "are not blamed on freed memory where the block is in use",
    arguments: [
      fault("live-null", .nullDereference, .proved, never: heapHazards),
      fault("live-link", .wildAddress, never: heapHazards),
      fault("live-key", .nonCanonicalAddress, .proved, never: heapHazards),
      fault("reused", .nullDereference, .proved, never: heapHazards),
      fault("pool", .wildAddress, never: heapHazards),
      fault("on-stack", .wildAddress, never: heapHazards),
      fault("unmapped", .wildAddress, never: heapHazards),
    ])
  func nearMisses(example: Case) throws { try example.check() }

  @Test(
    "of objects of C++, Rust and Swift that are gone are told",
    arguments: [
      Case(
        source: "heap_faults.cpp", mode: "deleted", compiler: ["g++", "-O1", "-g", "-w"], hazard: .useAfterFree,
        certainty: .likely, says: ["56 bytes", "at the start"], shows: ["malloc's link"]),
      Case(
        source: "heap_faults.cpp", mode: "iterator", compiler: ["g++", "-O1", "-g", "-w"], hazard: .useAfterFree,
        certainty: .likely, says: ["40 bytes"], shows: ["the tcache of thread"]),
      Case(
        source: "heap_faults.cpp", mode: "live", compiler: ["g++", "-O1", "-g", "-w"], hazard: .nullDereference,
        never: heapHazards),
      Case(
        source: "heap_faults.rs", mode: "", compiler: ["rustc", "-g", "-C", "debug-assertions=off"], after: [],
        hazard: .useAfterFree,
        certainty: .likely, says: ["56 bytes", "at the start"]),
      Case(
        source: "heap_faults.swift", mode: "", compiler: ["swiftc", "-Onone", "-g"], after: [], hazard: .useAfterFree,
        certainty: .likely, says: ["40 bytes", "at the start"]),
    ])
  func languages(example: Case) throws { try example.check() }
}
