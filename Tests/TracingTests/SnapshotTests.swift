import Foundation
import Machine
import ModuleFiles
import Processes
import Targets
import TestSupport
import Testing
import Tracing

/// A process that stands still for a moment, as a target.
@Suite("A snapshot", .serialized)
struct SnapshotTests {
  private func sleepers(_ count: Int) throws -> RunningProgram {
    let program = try RunningProgram([
      Fixture.compile("many_sleepers.c", with: ["gcc", "-O1", "-g"], after: ["-lpthread"]), "\(count)",
    ])
    program.settle()
    return program
  }

  @Test("has what a core of the process has")
  func likeACore() throws {
    let program = try sleepers(5)
    let snapshot = try ProcessSnapshot(of: program.pid)
    let live = try LiveTarget(
      image: snapshot.image, copied: snapshot.copied, finder: ProcessFiles.finder(of: program.pid))
    let core = try CoreTarget(path: program.gdbCore())
    #expect(live.isRunning && !core.isRunning)
    #expect(live.architecture == core.architecture)
    #expect(live.threads.map(\.tid) == core.threads.map(\.tid).sorted())
    for thread in live.threads {
      let other = try #require(core.thread(thread.tid))
      #expect(thread.registers == other.registers)
      #expect(thread.threadPointer == other.threadPointer)
      #expect(thread.systemCall == other.systemCall)
      #expect(thread.name?.isEmpty == false)
    }
    #expect(live.modules.map(\.path) == core.modules.map(\.path))
    #expect(live.modules.map(\.start) == core.modules.map(\.start))
    #expect(live.modules.map { $0.buildID?.array } == core.modules.map { $0.buildID?.array })
    #expect(live.modules.allSatisfy { $0.file?.isVerified == true })
    #expect(live.process.arguments == core.process.arguments)
    #expect(live.process.executablePath == core.process.executablePath)
    #expect(live.process.pid == program.pid)
    #expect(live.auxiliaryVector[AuxiliaryVector.entry] == core.auxiliaryVector[AuxiliaryVector.entry])
    // What the threads lie on is told alike.
    for thread in core.threads {
      let pointer = try #require(thread.registers.stackPointer(core.architecture))
      #expect(live.stackRegion(containing: pointer)?.kind == core.stackRegion(containing: pointer)?.kind)
      #expect(live.memory.read(pointer, 512)?.array == core.memory.read(pointer, 512)?.array)
    }
    #expect(live.signal == nil)
  }

  @Test("of a process that stands still reads its memory as it is asked for, and the signal that it was stopped by")
  func stopped() throws {
    let program = try sleepers(2)
    let facts = try ProcessSnapshot.facts(of: program.pid)
    let (kinds, times) = try ProcessStop.during(program.pid) { (reader, threads) throws(ProcessError) in
      var threads = threads
      // SIGSEGV, SEGV_MAPERR at 0x10, of the last thread.
      var info = [UInt8](repeating: 0, count: 128)
      (info[0], info[8], info[16]) = (11, 1, 0x10)
      threads[threads.count - 1].signal = 11
      threads[threads.count - 1].signalInfo = info
      let hit = threads[threads.count - 1].tid
      let image = try ProcessImage(process: program.pid, reader: reader, facts: facts, threads: threads)
      let target = try LiveTarget(
        stopped: image, memory: ProcessMemory(process: reader), finder: ProcessFiles.finder(of: program.pid))
      let pointer = target.threads[0].registers.stackPointer(target.architecture) ?? 0
      return (
        !target.isRunning, target.signalledThread?.tid == hit, target.signal?.faultAddress == 0x10,
        target.memory.read(pointer, 64) != nil, target.modules.first?.file?.isVerified
      )
    }
    #expect(kinds == (true, true, true, true, true))
    #expect(times.stopped > 0 && times.unstopped == 0)
    #expect(program.comes(to: "S"))
  }

  @Test("of a thread whose registers were given one by one has them")
  func encoded() throws {
    var values = RegisterSet()
    for number in 0...16 { values[number] = UInt64(number) << 40 | 7 }
    let thread = LiveThread(tid: 9, values, .x86_64, threadPointer: 0x7000, systemCall: 202)
    #expect(thread.stackPointer(.x86_64) == 7 << 40 | 7)
    #expect(thread.threadPointer(.x86_64) == 0x7000)
    let arm = LiveThread(tid: 9, values, .aarch64, threadPointer: 0x7000)
    #expect(arm.threadPointer(.aarch64) == 0x7000)
    #expect(arm.stackPointer(.aarch64) == 0)
    #expect(LiveThread(tid: 9, registers: [1, 2, 3]).stackPointer(.x86_64) == nil)
  }

  @Test("of what cannot be looked at says why")
  func refusals() throws {
    #expect(throws: ProcessError.noProcess(4_194_304)) { try ProcessSnapshot(of: 4_194_304) }
    #expect(throws: ProcessError.noProcess(-1)) { try ProcessSnapshot(of: -1) }
    let own = ProcessInfo.processInfo.processIdentifier
    #expect(throws: ProcessError.ourselves(own)) { try ProcessSnapshot(of: own) }
  }
}
