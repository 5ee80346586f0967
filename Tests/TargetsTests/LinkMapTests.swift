import Machine
import Targets
import TestSupport
import Testing

@Suite("The dynamic linker's list")
struct LinkMapTests {
  /// The executable's headers are at 0x40_0040 and its dynamic section at 0x40_0800; `struct r_debug` is at
  /// 0x50_0000, list entries are at 0x50_0100 and on, names at 0x50_0800.
  private func core(_ entries: [(bias: UInt64, dynamic: UInt64, next: Int?)], version: UInt32 = 1) -> CoreWriter {
    var core = CoreWriter.small()
    core.addAuxiliaryVector([(3, 0x40_0040), (4, 56), (5, 2), (9, 0x40_0100)])
    var program = ELFWriter(type: 2)
    program.segments = [
      ELFWriter.Segment(
        type: 1, flags: 5, address: 0x40_0000, contents: [], memorySize: 0x1000, statedFileSize: 0x1000, statedOffset: 0
      ),
      ELFWriter.Segment(type: 2, flags: 6, address: 0x40_0800, contents: [], statedFileSize: 32, statedOffset: 0x800),
    ]
    var image = ByteWriter()
    image.append(program.bytes())
    image.append(zeros: 0x800 - image.count)
    image.append(21 as UInt64)
    image.append(0x50_0000 as UInt64)
    image.append(zeros: 0x1000 - image.count)
    core.addMemory(0x40_0000, flags: 5, image.bytes)

    var list = ByteWriter()
    list.append(version)
    list.append(0 as UInt32)
    list.append(entries.isEmpty ? 0 : 0x50_0100 as UInt64)
    list.append(zeros: 0x100 - list.count)
    for (index, entry) in entries.enumerated() {
      list.append(entry.bias)
      list.append(0x50_0800 + UInt64(index) * 16)
      list.append(entry.dynamic)
      list.append(entry.next.map { 0x50_0100 + UInt64($0) * 40 } ?? 0)
      list.append(0 as UInt64)
    }
    list.append(zeros: 0x800 - list.count)
    for index in entries.indices { list.append(text: index == 0 ? "" : "/lib/m\(index).so", size: 16) }
    list.append(zeros: 0x1000 - list.count)
    core.addMemory(0x50_0000, flags: 6, list.bytes)
    return core
  }

  @Test("gives modules their names and biases where there is no NT_FILE, the executable first")
  func names() throws {
    let target = try open(
      core([(0, 0x40_0800, 1), (0x70_0000_0000, 0x70_0000_3000, 2), (0x60_0000_0000, 0x60_0000_2000, nil)]))
    #expect(target.modules.map(\.path) == ["", "/lib/m1.so", "/lib/m2.so"])
    #expect(target.modules.map(\.bias) == [0, 0x70_0000_0000, 0x60_0000_0000])
    #expect(target.modules[0].contains(0x40_0100))
  }

  @Test("that runs in a circle is followed once")
  func circle() throws {
    let target = try open(core([(0, 0x40_0800, 1), (0x70_0000_0000, 0x70_0000_3000, 0)]))
    #expect(target.modules.count == 2)
    #expect(target.shortfalls.contains { $0.what.contains("dynamic linker's list cannot be read to its end") })
  }

  @Test("that leads out of the dump is followed as far as it goes")
  func lost() throws {
    let target = try open(core([(0, 0x40_0800, 1), (0x70_0000_0000, 0x70_0000_3000, 100_000)]))
    #expect(target.modules.count == 2)
    #expect(target.shortfalls.contains { $0.what.contains("cannot be read to its end") })
  }

  @Test("that is not there yet is no error", arguments: [0, 1])
  func empty(_ version: UInt32) throws {
    let target = try open(core([], version: version))
    #expect(target.modules.count == 1, "the executable is known from the auxiliary vector")
  }
}
