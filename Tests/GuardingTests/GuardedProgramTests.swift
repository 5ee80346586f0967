import Foundation
import TestSupport
import Testing

@testable import Guarding

@Suite("Whether a program can be guarded")
struct GuardedProgramTests {
  private func problem(_ command: String, search: String? = nil) -> GuardedProgram.Problem? {
    do throws(GuardedProgram.Problem) {
      _ = try GuardedProgram(command, search: search)
      return nil
    } catch {
      return error
    }
  }

  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "guarded-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { remove(folder) }
    try body(folder)
  }

  private func write(_ text: String, _ path: String, mode: mode_t = 0o755) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    chmod(path, mode)
  }

  @Test("is found through PATH, as a shell finds it")
  func search() throws {
    try inFolder { folder in
      try write("#!/bin/sh\n", folder + "/only-here")
      try write("#!/bin/sh\n", folder + "/not-executable", mode: 0o644)
      #expect(try GuardedProgram("only-here", search: "/none:" + folder).path == folder + "/only-here")
      #expect(problem("only-here", search: "/none") == .notFound)
      #expect(problem("", search: folder) == .notFound)
      #expect(problem(folder + "/none") == .notFound)
      #expect(problem("not-executable", search: folder) == .notExecutable(EACCES))
      #expect(problem(folder) == .notExecutable(EACCES))
      #expect(problem("sh") == nil)
    }
  }

  @Test("depends on a script's interpreter, and on that one's")
  func scripts() throws {
    let fixed = try Fixture.compile("write_to_null.c", with: ["gcc", "-static"])
    try inFolder { folder in
      try write("#! /bin/sh -e\n", folder + "/script")
      try write("#!\(folder)/script\n", folder + "/second")
      try write("#!\(fixed) x\n", folder + "/static")
      try write("#!\(folder)/loop\n", folder + "/loop")
      try write("echo no interpreter\n", folder + "/plain")
      #expect(problem(folder + "/script") == nil)
      #expect(problem(folder + "/second") == nil)
      #expect(problem(folder + "/static") == .isStatic(fixed))
      #expect(problem(folder + "/loop") == .notExecutable(ELOOP))
      #expect(problem(folder + "/plain") == nil)
    }
  }

  @Test(
    "is refused where there is no dynamic linker",
    arguments: [["gcc", "-static"], ["gcc", "-static-pie"], ["musl-gcc", "-static"]])
  func statics(compiler: [String]) throws {
    let program = try Fixture.compile("write_to_null.c", with: compiler)
    #expect(problem(program) == .isStatic(program))
  }

  @Test("is not refused with one", arguments: [["gcc"], ["gcc", "-no-pie"], ["musl-gcc"]])
  func dynamic(compiler: [String]) throws {
    #expect(problem(try Fixture.compile("write_to_null.c", with: compiler)) == nil)
  }

  @Test("is refused for another machine, and where what is an ELF file by its first bytes is none")
  func foreign() throws {
    #if arch(x86_64)
      let other = try Fixture.compile("write_to_null.c", with: Fixture.aarch64)
      #expect(problem(other) == .isForeign(other))
    #endif
    try inFolder { folder in
      try write("\u{7f}ELF\u{2}\u{1}", folder + "/cut")
      #expect(problem(folder + "/cut") == .isForeign(folder + "/cut"))
      try write("\u{7f}ELF\u{1}\u{1}\u{1}", folder + "/small")
      #expect(problem(folder + "/small") == .isForeign(folder + "/small"))
    }
  }

  @Test("is refused with another user's or group's privilege, and not with one's own")
  func privilege() throws {
    guard geteuid() == 0 else { return }
    let program = try Fixture.compile("write_to_null.c", with: ["gcc"])
    try inFolder { folder in
      let copy = folder + "/program"
      try FileManager.default.copyItem(atPath: program, toPath: copy)
      chmod(copy, 0o4755)
      #expect(problem(copy) == nil)
      chown(copy, 65534, 0)
      chmod(copy, 0o4755)
      #expect(problem(copy) == .isPrivileged(copy, .user))
      chmod(copy, 0o0755)
      #expect(problem(copy) == nil)
      chown(copy, 0, 65534)
      chmod(copy, 0o2755)
      #expect(problem(copy) == .isPrivileged(copy, .group))
      chmod(copy, 0o2744)
      #expect(problem(copy) == nil)
    }
  }
}
