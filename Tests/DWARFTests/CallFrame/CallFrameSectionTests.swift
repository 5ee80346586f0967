import Bytes
import DWARF
import TestSupport
import Testing

@Suite("Entries of call frame information")
struct CallFrameSectionTests {
  @Test(
    "are found by address in every version and format",
    arguments: [
      (false, false, 1), (false, true, 1), (true, false, 1), (true, false, 3), (true, false, 4), (true, true, 4),
    ] as [(Bool, Bool, UInt8)])
  func formats(_ isDebugFrame: Bool, _ isLong: Bool, _ version: UInt8) throws {
    var writer = CallFrameWriter(isDebugFrame: isDebugFrame, isLong: isLong)
    let augmentation = isDebugFrame ? "" : "zR"
    let cie = writer.cie(
      version: version, augmentation: augmentation, returnAddress: 16, instructions: CFA.defCFA(7, 8))
    let data: [UInt8]? = isDebugFrame ? nil : []
    // Out of order, with a gap.
    _ = writer.fde(cie: cie, start: 0x3000, size: 16, augmentationData: data, instructions: CFA.defCFAOffset(48))
    _ = writer.fde(cie: cie, start: 0x1000, size: 16, augmentationData: data, instructions: CFA.defCFAOffset(16))
    _ = writer.fde(cie: cie, start: 0x2000, size: 16, augmentationData: data, instructions: CFA.defCFAOffset(32))
    let section = CallFrameSection(isDebugFrame ? .debugFrame : .ehFrame, bytes: ByteView(writer.bytes))
    let index = CallFrameIndex(section)
    #expect(index.count == 3)
    for (address, offset) in [(0x1000, 16), (0x200f, 32), (0x3008, 48)] as [(UInt64, Int64)] {
      let place = try #require(index.offset(containing: address))
      let entry = try section.frameDescription(at: place)
      let row = try section.row(of: entry, at: address)
      #expect(entry.contains(address))
      #expect(row.cfa == .registerAndOffset(register: 7, offset: offset))
    }
    for address in [0, 0xfff, 0x1010, 0x2fff, 0x3010, .max] as [UInt64] {
      #expect(index.offset(containing: address) == nil)
    }
  }

  @Test("tell what their augmentation says")
  func augmentation() throws {
    var writer = CallFrameWriter()
    // P: udata4, L: sdata4, R: pcrel sdata4.
    let cie = writer.cie(
      augmentation: "zPLRSB", data: [0x03, 1, 2, 3, 4, 0x1b, 0x1b], codeAlignment: 4, returnAddress: 30,
      instructions: CFA.defCFA(31, 0))
    let entry = try CallFrameSection(.ehFrame, bytes: ByteView(writer.bytes)).commonInformation(at: cie)
    #expect(entry.isSignalFrame)
    #expect(entry.usesBKey)
    #expect(entry.hasAugmentationData)
    #expect(entry.pointerEncoding == PointerEncoding(rawValue: 0x1b))
    #expect(entry.codeAlignment == 4)
    #expect(entry.dataAlignment == -8)
    #expect(entry.returnAddressRegister == 30)
  }

  @Test("with an unknown augmentation are read as far as its length allows", arguments: [("zX", true), ("X", false)])
  func unknownAugmentation(_ augmentation: String, _ isReadable: Bool) {
    var writer = CallFrameWriter()
    let cie = writer.cie(augmentation: augmentation, data: [1, 2, 3], instructions: CFA.defCFA(7, 8))
    let section = CallFrameSection(.ehFrame, bytes: ByteView(writer.bytes))
    var thrown: CallFrameError?
    do throws(CallFrameError) { _ = try section.commonInformation(at: cie) } catch { thrown = error }
    #expect(thrown == (isReadable ? nil : .unknownAugmentation(offset: 0)))
  }

  @Test(
    "decode pointers in every encoding",
    arguments: [
      (0x00, little(0x1234, 8), 0x1234), (0x01, uleb(0x1234), 0x1234), (0x02, little(0x1234, 2), 0x1234),
      (0x03, little(0xffff_0000, 4), 0xffff_0000), (0x04, little(0x1234, 8), 0x1234), (0x09, sleb(0x1234), 0x1234),
      (0x0a, little(0x1234, 2), 0x1234), (0x0b, little(0x1234, 4), 0x1234), (0x0c, little(0x1234, 8), 0x1234),
      // Relative to its own place: the section is at 0x10000, the FDE's pointer at 36.
      (0x1b, little(UInt64(bitPattern: -36), 4), 0x10000), (0x12, little(2, 2), 0x10026),
      // Relative to data, at 0x20000.
      (0x3b, little(8, 4), 0x20008),
    ] as [(UInt8, [UInt8], UInt64)])
  func pointers(_ encoding: UInt8, _ bytes: [UInt8], _ expected: UInt64) throws {
    var writer = CallFrameWriter()
    let cie = writer.cie(data: [encoding], instructions: CFA.defCFA(7, 8) + [0, 0, 0, 0])
    #expect(writer.bytes.count + 8 == 36)
    let sizes: [UInt8: [UInt8]] = [0x01: uleb(16), 0x09: sleb(16), 0x02: little(16, 2), 0x0a: little(16, 2)]
    let size = sizes[encoding & 0x0f] ?? little(16, bytes.count)
    let fde = writer.fde(cie: cie, bytes + size + [0])
    let section = CallFrameSection(.ehFrame, bytes: ByteView(writer.bytes), address: 0x10000, dataBase: 0x20000)
    let entry = try section.frameDescription(at: fde)
    #expect(entry.start == expected)
    #expect(entry.end == expected + 16)
  }

  @Test("that are broken are refused, and the others still found")
  func broken() throws {
    var writer = CallFrameWriter()
    let cie = writer.cie(instructions: CFA.defCFA(7, 8))
    let bad = writer.cie(version: 9, instructions: [])
    let orphan = writer.fde(cie: bad, start: 0x1000, size: 16, instructions: [])
    let wrapping = writer.fde(cie: cie, start: .max, size: 2, instructions: [])
    _ = writer.fde(cie: cie, start: 0x2000, size: 16, instructions: [])
    let section = CallFrameSection(.ehFrame, bytes: ByteView(writer.bytes))
    var thrown: [CallFrameError] = []
    for offset in [orphan, wrapping, cie, 3, -1, writer.bytes.count, .max] {
      do throws(CallFrameError) { _ = try section.frameDescription(at: offset) } catch { thrown.append(error) }
    }
    #expect(thrown.count == 7)
    #expect(
      thrown.prefix(3) == [.unsupportedVersion(9, offset: bad), .overflow(offset: wrapping), .wrongEntry(offset: cie)])
    let index = CallFrameIndex(section)
    #expect(index.count == 1)
    #expect(index.offset(containing: 0x2000) != nil)
  }

  @Test("end at a length of zero, and at a length beyond the section", arguments: [0, 0x7fff_ffff] as [UInt64])
  func ends(_ length: UInt64) {
    var writer = CallFrameWriter()
    let cie = writer.cie(instructions: CFA.defCFA(7, 8))
    _ = writer.fde(cie: cie, start: 0x1000, size: 16, instructions: [])
    writer.bytes += little(length, 4)
    _ = writer.fde(cie: cie, start: 0x2000, size: 16, instructions: [])
    let index = CallFrameIndex(CallFrameSection(.ehFrame, bytes: ByteView(writer.bytes)))
    #expect(index.count == 1)
  }
}
