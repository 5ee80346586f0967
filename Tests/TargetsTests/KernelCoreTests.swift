import Foundation
import ELF
import Machine
import ModuleFiles
import Targets
import TestSupport
import Testing

@Suite("A core that the kernel wrote")
struct KernelCoreTests {
  static let core = Result {
    let program = try Fixture.compile("threads_and_null.c", with: ["gcc", "-O1", "-g", "-pthread"])
    return try Fixture.core(of: [program, "4", "an argument"])
  }

  @Test("has all threads, the one that crashed first")
  func threads() throws {
    let target = try CoreTarget(path: Self.core.get())
    #expect(target.architecture == .x86_64)
    #expect(target.threads.count == 6)
    #expect(target.signal?.number == 11)
    #expect(target.signal?.code == 1)
    #expect(target.signal?.faultAddress == 0)
    let crashed = try #require(target.signalledThread)
    #expect(crashed.tid != target.process.pid)
    for thread in target.threads {
      let pc = try #require(thread.registers.instructionPointer(.x86_64))
      #expect(target.moduleIndex(containing: pc) != nil)
      let sp = try #require(thread.registers.stackPointer(.x86_64))
      #expect(target.memory.word(at: sp) != nil)
      #expect(target.mapping(containing: sp)?.permissions?.contains(.write) == true)
      #expect(thread.threadPointer.flatMap { target.memory.word(at: $0) } == thread.threadPointer)
    }
  }

  @Test("has its modules with verified files, the executable first and the vDSO last")
  func modules() throws {
    let target = try CoreTarget(path: Self.core.get())
    let names = target.modules.map(\.name)
    #expect(names.first?.hasPrefix("threads_and_null") == true)
    #expect(names.contains("libc.so.6"))
    #expect(names.last == "[vdso]")
    for module in target.modules {
      let file = try #require(module.file, "\(module.path)")
      #expect(file.isVerified)
      #expect(module.refused.isEmpty)
    }
    let libc = try #require(target.modules.first { $0.name == "libc.so.6" })
    #expect(libc.debugFile != nil, "libc6-dbg is installed")
  }

  @Test("gives code that was not dumped from the module's file")
  func code() throws {
    let target = try CoreTarget(path: Self.core.get())
    for thread in target.threads {
      let pc = try #require(thread.registers.instructionPointer(.x86_64))
      #expect(target.memory.readPrefix(pc, 16).count == 16)
      #expect(!target.coreMemory.isDumped(pc))
    }
  }

  @Test("names the heap, the main stack, the vDSO and its data", arguments: [[], ["-no-pie"], ["-static"]])
  func uses(_ options: [String]) throws {
    let program = try Fixture.compile("threads_and_null.c", with: ["gcc", "-O1", "-g", "-pthread"] + options)
    let path = try Fixture.core(of: [program, "1"])
    let target = try CoreTarget(path: path)
    let executable = try #require(target.modules.first)
    let table = try #require(executable.file?.elf.symbols(SectionHeader.symbolTable))
    let pointer = try #require(
      (0..<table.count).compactMap { table.symbol(at: $0) }
        .first { table.name(of: $0)?.text == "kept_on_heap" })
    let address = try #require(target.memory.word(at: executable.bias &+ pointer.value))
    #expect(target.mapping(containing: address)?.use == .heap)
    #expect(target.mappings.count { $0.use == .heap } == 1)
    let pid = try #require(target.process.pid)
    #expect(target.mappings.count { $0.use == .stack(tid: pid) } == 1)
    #expect(target.mappings.count { $0.use == .vdso } == 1)
    #expect(target.mappings.contains { $0.use == .vvar })
    #expect(target.mappings.count { $0.use == .guardPage } == 2, "each thread but the first has one")
  }
}
