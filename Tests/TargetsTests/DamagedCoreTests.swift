import Bytes
import Foundation
import Machine
import ModuleFiles
import Targets
import TestSupport
import Testing

@Suite("A real core that was cut or damaged")
struct DamagedCoreTests {
  private static let core = Result { () -> [UInt8] in
    let program = try Fixture.compile("threads_and_null.c", with: ["gcc", "-O1", "-g", "-pthread"])
    let path = try Fixture.core(of: [program, "2"])
    return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// Asks everything of a core that it can be asked, so that whatever traps does.
  private func examine(_ target: CoreTarget) {
    for thread in target.threads {
      let sp = thread.registers.stackPointer(target.architecture) ?? 0
      _ = target.stackRegion(near: sp)
      _ = target.nativeStack(of: thread)
      _ = target.memory.readPrefix(sp, 256)
      _ = target.memory.cString(at: sp)
    }
    for mapping in target.mappings {
      _ = target.memory.load(UInt64.self, at: mapping.start)
      _ = target.memory.load(UInt64.self, at: mapping.end &- 4)
      _ = target.moduleIndex(containing: mapping.start)
    }
    for module in target.modules {
      _ = module.file?.elf.segments
      _ = module.image?.sections.count
    }
  }

  @Test("at any length is a core with less in it, or refused")
  func cut() throws {
    let whole = try Self.core.get()
    let target = try CoreTarget(ByteView(whole), finder: .nowhere)
    // The headers and notes byte by byte in large, the memory in steps.
    let lengths =
      Array(stride(from: 0, to: 16_384, by: 61)) + Array(stride(from: 16_384, to: whole.count, by: 1_000_003))
    for length in lengths {
      do throws(CoreError) {
        let cut = try CoreTarget(ByteView(Array(whole.prefix(length))), finder: .nowhere)
        #expect(cut.shortfalls.contains { $0.isHeadline }, "\(length) bytes of \(whole.count)")
        #expect(cut.threads.count <= target.threads.count)
        examine(cut)
      } catch {
        #expect(length < 64 + 56, "\(length): \(error)")
      }
    }
  }

  @Test("keeps its threads and modules where only memory was cut off")
  func notesKept() throws {
    let whole = try Self.core.get()
    let target = try CoreTarget(ByteView(Array(whole.prefix(32_768))), finder: FileFinder())
    #expect(target.threads.count == 4)
    #expect(target.modules.count >= 3)
    #expect(target.shortfalls.first?.what.contains("the file is cut") == true)
  }

  @Test("with any bytes changed is examined or refused")
  func changed() throws {
    let whole = Array(try Self.core.get().prefix(65_536))
    var state: UInt64 = 42
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let values: [UInt8] = [0, 1, 0x7f, 0x80, 0xff]
    for _ in 0..<600 {
      var bytes = whole
      for _ in 0...random(12) {
        // Most of what steers the reader lies at the start.
        let place = random(4) > 0 ? random(6_000) : random(bytes.count)
        for offset in 0..<(random(2) == 0 ? 1 : 8) where place + offset < bytes.count {
          bytes[place + offset] = values[random(values.count)]
        }
      }
      do throws(CoreError) {
        examine(try CoreTarget(ByteView(bytes), finder: .nowhere))
      } catch {
        // A clear refusal is as good.
      }
    }
  }
}
