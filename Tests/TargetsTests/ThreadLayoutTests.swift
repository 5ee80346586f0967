import Machine
import Targets
import TestSupport
import Testing

@Suite("The registers of a thread")
struct ThreadLayoutTests {
  /// Every register's name with its DWARF number: System V ABI AMD64, figure 3.36; AADWARF64, section 4.1.
  static let x86_64: [(String, Int)] = [
    ("rax", 0), ("rdx", 1), ("rcx", 2), ("rbx", 3), ("rsi", 4), ("rdi", 5), ("rbp", 6), ("rsp", 7), ("r8", 8),
    ("r9", 9), ("r10", 10), ("r11", 11), ("r12", 12), ("r13", 13), ("r14", 14), ("r15", 15), ("rip", 16),
  ]
  static let aarch64: [(String, Int)] = (0...30).map { ("x\($0)", $0) } + [("sp", 31), ("pc", 32)]

  @Test("are known by their DWARF numbers", arguments: [(62, x86_64), (183, aarch64)] as [(UInt16, [(String, Int)])])
  func numbers(_ machine: UInt16, _ registers: [(String, Int)]) throws {
    var core = CoreWriter(machine: machine)
    let values = Dictionary(uniqueKeysWithValues: registers.map { ($0.0, 0x1_0000 + UInt64($0.1) * 0x11) })
    core.addThread(7, signal: 11, registers: values)
    let thread = try #require(try open(core).threads.first)
    for (name, number) in registers {
      #expect(thread.registers[number] == 0x1_0000 + UInt64(number) * 0x11, "\(name)")
    }
    #expect(thread.registers.knownMask.nonzeroBitCount == registers.count)
    #expect(thread.tid == 7)
    #expect(thread.signal == 11)
  }

  @Test("of x86-64 tell the thread pointer and the system call")
  func threadPointer() throws {
    var core = CoreWriter()
    core.addThread(7, registers: ["fs_base": 0x7fff_1234, "orig_rax": UInt64(bitPattern: -1), "gs_base": 9])
    core.addThread(8, registers: ["fs_base": 0x7fff_5678, "orig_rax": 202])
    let threads = try open(core).threads
    #expect(threads.map(\.threadPointer) == [0x7fff_1234, 0x7fff_5678])
    #expect(threads.map(\.systemCall) == [-1, 202])
  }

  @Test("of aarch64 have their thread pointer and pointer authentication mask in notes of their own")
  func armNotes() throws {
    var core = CoreWriter(machine: 183)
    core.addThread(7, signal: 11)
    var tls = ByteWriter()
    tls.append(0xffff_8000_1230 as UInt64)
    core.notes.add("LINUX", 0x401, tls.bytes)
    var mask = ByteWriter()
    mask.append(0x7f_ffff as UInt64)
    mask.append(0x007f_0000_0000_0000 as UInt64)
    core.notes.add("LINUX", 0x406, mask.bytes)
    core.addThread(8)
    let target = try open(core)
    #expect(target.threads.map(\.threadPointer) == [0xffff_8000_1230, nil])
    #expect(target.codePointerMask == 0x007f_0000_0000_0000)
    #expect(target.registerNotes(of: 7).map(\.type) == [0x401, 0x406])
    #expect(target.registerNotes(of: 8).isEmpty)
  }

  @Test("that the file cuts off are not known, and that is said")
  func cut() throws {
    var core = CoreWriter()
    core.addThread(6, signal: 11, registers: ["rip": 1, "rsp": 2])
    core.notes.add("CORE", 1, Array(core.threadStatus(7, registers: ["r15": 5, "rsp": 9]).prefix(112 + 16)))
    let target = try open(core)
    let thread = try #require(target.threads.last)
    #expect(thread.registers[15] == 5)
    #expect(thread.registers.stackPointer(.x86_64) == nil)
    #expect(target.shortfalls.contains { $0.what.contains("registers of thread 7 are cut") })
  }

  @Test("that come a second time under the same thread's id are left out, and that is said")
  func twice() throws {
    var core = CoreWriter()
    core.addThread(6, signal: 11, registers: ["rip": 1])
    core.addThread(6, signal: 11, registers: ["rip": 2])
    let target = try open(core)
    #expect(target.threads.map { $0.registers.instructionPointer(.x86_64) } == [1])
    #expect(target.shortfalls.contains { $0.what.contains("a second time") })
  }
}
