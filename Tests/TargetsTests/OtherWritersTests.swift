import Bytes
import Foundation
import Machine
import ModuleFiles
import Targets
import TestSupport
import Testing

@Suite("A core that the kernel did not write as usual")
struct OtherWritersTests {
  private static let program = Result {
    try Fixture.compile("threads_and_null.c", with: ["gcc", "-O1", "-g", "-pthread"])
  }

  /// Runs a shell script in a new folder, in which `$1` is the program.
  private func folder(_ script: String) throws -> String {
    let folder = try temporaryDirectory()
    try runChecked(["bash", "-c", "ulimit -c unlimited; \(script)", "bash", Self.program.get()], in: folder)
    return folder
  }

  @Test("but gcore did, of a living process, has its threads and modules, and no signal")
  func gcoreAlive() throws {
    let folder = try folder(
      """
      "$1" 3 - 100 & while [ $(ls /proc/$!/task | wc -l) -lt 5 ]; do sleep 0.1; done
      gcore -o core $! > /dev/null 2>&1; kill -9 $!; ls core.* > name; true
      """)
    defer { remove(folder) }
    let name = try String(contentsOfFile: folder + "/name", encoding: .utf8).trimmingCharacters(
      in: .whitespacesAndNewlines)
    let target = try CoreTarget(path: folder + "/" + name)
    #expect(target.threads.count == 5)
    #expect(target.signal == nil)
    #expect(target.modules.first?.file?.isVerified == true)
    #expect(target.modules.contains { $0.name == "libc.so.6" })
    for thread in target.threads {
      let sp = try #require(thread.registers.stackPointer(.x86_64))
      #expect(target.memory.word(at: sp) != nil)
      #expect(
        target.stackRegion(containing: sp)?.kind == (thread.tid == target.process.pid ? .main : .thread(thread.tid)))
    }
  }

  @Test("but gdb did, stopped at the crash, has the crashed thread first")
  func gdbAtCrash() throws {
    let folder = try folder(
      "gdb -q -batch -ex run -ex 'generate-core-file core.gdb' --args \"$1\" 3 > log 2>&1; ls core.gdb")
    defer { remove(folder) }
    let target = try CoreTarget(path: folder + "/core.gdb")
    #expect(target.threads.count == 5)
    #expect(target.signal?.number == 11)
    #expect(target.signal?.faultAddress == 0)
    let crashed = try #require(target.signalledThread)
    #expect(crashed.tid != target.process.pid)
    #expect(target.process.arguments.count == 2)
  }

  @Test("but without any memory of files or heaps (coredump_filter 0) still has modules, by their layout")
  func nothingDumped() throws {
    let folder = try folder("(echo 0 > /proc/self/coredump_filter; exec \"$1\" 2); mv core* core; true")
    defer { remove(folder) }
    let target = try CoreTarget(path: folder + "/core")
    #expect(target.threads.count == 4)
    let executable = try #require(target.modules.first)
    #expect(executable.path == (try Self.program.get()))
    #expect(executable.buildID == nil)
    #expect(executable.file?.isVerified == false)
    #expect(target.shortfalls.contains { $0.what.contains("build-id") })
    #expect(target.shortfalls.contains { $0.isHeadline && $0.what.contains("was not dumped") })
    // Code comes from the file, and what a program may have written to does not.
    let pc = try #require(target.signalledThread?.registers.instructionPointer(.x86_64))
    #expect(target.memory.window(containing: pc) != nil)
    for mapping in target.mappings where mapping.permissions?.contains(.write) == true {
      #expect(target.memory.window(containing: mapping.start) == nil)
    }
    // Read-only after relocation: dumped pages are the only truth there.
    let readOnly = target.mappings.filter { $0.path == executable.path && $0.permissions == .read }
    #expect(readOnly.contains { target.memory.window(containing: $0.start) == nil })
  }

  @Test("but packed is unpacked first", arguments: ["gzip", "zstd -q", "lz4 -q", "xz -0"])
  func compressed(_ tool: String) throws {
    let folder = try folder("(exec \"$1\" 2); mv core* core; \(tool) -c core > packed; true")
    defer { remove(folder) }
    var steps = 0
    let target = try CoreTarget(path: folder + "/packed") { _ in steps += 1 }
    let plain = try CoreTarget(path: folder + "/core")
    #expect(steps > 0)
    #expect(target.threads.map(\.tid) == plain.threads.map(\.tid))
    #expect(target.mappings.count == plain.mappings.count)
    #expect(target.shortfalls == plain.shortfalls)
    for mapping in plain.mappings where mapping.dumpedSize > 0 {
      let count = Int(min(mapping.dumpedSize, 16_384))
      let wanted = plain.memory.read(mapping.start, count)?.array
      #expect(wanted != nil && target.memory.read(mapping.start, count)?.array == wanted)
    }
    // Cut in the middle it is a cut core.
    try runChecked(["sh", "-c", "head -c $(($(wc -c < packed) / 2)) packed > cut"], in: folder)
    do throws(CoreError) {
      let cut = try CoreTarget(path: folder + "/cut")
      #expect(cut.shortfalls.first?.isHeadline == true)
      #expect(cut.shortfalls.first?.what.contains("compressed file is cut") == true)
    } catch {
      // The whole of so small a core may be in one block, of which nothing comes out.
      #expect(tool.hasPrefix("lz4"), "\(error)")
    }
  }

  @Test("but an emulator did, of aarch64, has modules from the auxiliary vector and the link map")
  func emulated() throws {
    let program = try Fixture.compile("aarch64_crash.c", with: ["aarch64-linux-gnu-gcc", "-O1", "-g"])
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try runChecked(
      [
        "bash", "-c", "ulimit -c unlimited; qemu-aarch64 -L /usr/aarch64-linux-gnu \"$1\" x y; mv qemu_*.core guest",
        "bash", program,
      ],
      in: folder)
    let target = try CoreTarget(
      path: folder + "/guest", search: SearchPaths(systemRoots: ["/usr/aarch64-linux-gnu"]))
    #expect(target.architecture == .aarch64)
    #expect(target.signal == SignalInfo(number: 11, code: nil))
    #expect(target.process.arguments == [program, "x", "y"])
    #expect(
      target.modules.map(\.name) == [
        URL(fileURLWithPath: program).lastPathComponent, "libc.so.6", "ld-linux-aarch64.so.1",
      ])
    #expect(target.modules.allSatisfy { $0.file != nil && $0.file?.isVerified == false })
    let pc = try #require(target.signalledThread?.registers.instructionPointer(.aarch64))
    #expect(target.modules[0].contains(pc))
    #expect(target.memory.load(UInt32.self, at: pc) != nil, "code comes from the file")
    let named = target.mappings.filter { $0.path == target.modules[0].path }
    #expect(named.contains { $0.contains(pc) && $0.use == .file }, "the emulator's core has no list of files")
    #expect(named.allSatisfy { target.modules[0].contains($0.start) })
    let sp = try #require(target.signalledThread?.registers.stackPointer(.aarch64))
    #expect(target.stackRegion(containing: sp)?.kind == .main)
  }
}
