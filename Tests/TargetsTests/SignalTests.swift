import Targets
import TestSupport
import Testing

@Suite("The signal that ended a process")
struct SignalTests {
  @Test(
    "has a fault address where the kernel made it", arguments: [(4, 2), (5, 1), (7, 2), (8, 1), (11, 1), (11, 128)])
  func fault(_ number: Int32, _ code: Int32) throws {
    var core = CoreWriter()
    core.addThread(1, signal: Int16(number))
    core.addSignal(number, code: code, address: 0x1234_5678_9abc)
    let signal = try #require(try open(core).signal)
    #expect(signal.number == number)
    #expect(signal.code == code)
    #expect(signal.faultAddress == 0x1234_5678_9abc)
    #expect(signal.senderPID == nil)
  }

  @Test(
    "has a sender, and no fault address, where a process sent it", arguments: [(11, 0), (11, -6), (6, -6), (15, -1)])
  func sent(_ number: Int32, _ code: Int32) throws {
    var core = CoreWriter()
    core.addThread(1, signal: Int16(number))
    core.addSignal(number, code: code, sender: 4711, user: 1000)
    let signal = try #require(try open(core).signal)
    #expect(signal.senderPID == 4711)
    #expect(signal.senderUID == 1000)
    #expect(signal.faultAddress == nil)
  }

  @Test("has the system call where seccomp made it")
  func systemCall() throws {
    var info = ByteWriter()
    for value in [31, 0, 1, 0] as [Int32] { info.append(value) }
    info.append(0x4011f0 as UInt64)
    info.append(41 as Int32)
    info.append(0xc000_003e as UInt32)
    var core = CoreWriter()
    core.addThread(1, signal: 31)
    core.notes.add("CORE", 0x5349_4749, info.bytes)
    let call = try #require(try open(core).signal?.systemCall)
    #expect(call.address == 0x4011f0)
    #expect(call.number == 41)
    #expect(call.architecture == 0xc000_003e)
  }

  @Test("is known by its number alone where there is no NT_SIGINFO")
  func numberOnly() throws {
    var core = CoreWriter()
    core.addThread(1, signal: 11)
    #expect(try open(core).signal == SignalInfo(number: 11, code: nil))
  }

  @Test("is the first thread's in the kernel's order of notes, in which every thread names it")
  func kernelOrder() throws {
    var core = CoreWriter()
    core.addThread(30, signal: 11)
    core.addProcess(pid: 10, name: "main", commandLine: "main")
    core.addSignal(11, code: 1, address: 0x10)
    core.addThread(10, signal: 11)
    core.addThread(20, signal: 11)
    let target = try open(core)
    #expect(target.threads.map(\.tid) == [30, 10, 20])
    #expect(target.threads.map(\.name) == [nil, "main", nil])
    #expect(target.signal?.faultAddress == 0x10)
  }

  @Test("is the one thread's that names it in gcore's order, in which every thread has an NT_SIGINFO")
  func gcoreOrder() throws {
    var core = CoreWriter()
    core.addProcess(pid: 10, name: "main", commandLine: "main")
    for tid in [10, 20, 30] as [Int32] {
      core.addThread(tid, signal: tid == 20 ? 11 : 0)
      core.addSignal(tid == 20 ? 11 : 19, code: 1, address: UInt64(tid))
    }
    let target = try open(core)
    #expect(target.threads.map(\.tid) == [20, 10, 30])
    #expect(target.signal?.faultAddress == 20)
  }

  @Test("is none where gcore stopped a living process", arguments: [5, 19, 0])
  func alive(_ stop: Int32) throws {
    var core = CoreWriter()
    for tid in [10, 20] as [Int32] {
      core.addThread(tid, signal: 0)
      core.addSignal(stop, code: 0, sender: 1, user: 0)
    }
    let target = try open(core)
    #expect(target.signal == nil)
    #expect(target.threads.map(\.tid) == [10, 20])
  }
}
