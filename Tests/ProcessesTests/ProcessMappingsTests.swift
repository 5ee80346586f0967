import Targets
import Testing

@testable import Processes

struct ProcessMappingsTests {
  private func parse(_ text: String) -> [ProcessMappings.Entry] { ProcessMappings(maps: Array(text.utf8)).entries }

  @Test func readsEveryField() {
    let entries = parse(
      """
      55d0c0a00000-55d0c0a21000 r-xp 00002000 fe:01 1311      /usr/bin/a name with blanks (deleted)
      7ffc1f0e6000-7ffc1f107000 rw-p 00000000 00:00 0         [stack]
      7ffc1f200000-7ffc1f300000 ---s 00000000 00:05 7
      ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]

      """)
    #expect(
      entries == [
        .init(
          start: 0x55d0_c0a0_0000, end: 0x55d0_c0a2_1000, permissions: [.read, .execute], fileOffset: 0x2000,
          inode: 1311, path: "/usr/bin/a name with blanks (deleted)"),
        .init(start: 0x7ffc_1f0e_6000, end: 0x7ffc_1f10_7000, permissions: [.read, .write], path: "[stack]"),
        .init(start: 0x7ffc_1f20_0000, end: 0x7ffc_1f30_0000, permissions: [], isShared: true, inode: 7),
        .init(start: 0xffff_ffff_ff60_0000, end: 0xffff_ffff_ff60_1000, permissions: [.execute], path: "[vsyscall]"),
      ])
    #expect(entries.map(\.isFile) == [true, false, true, false])
  }

  @Test func undoesTheKernelsEscapeOfLineFeeds() {
    let entries = parse("1000-2000 r--p 00000000 00:05 7 /tmp/a\\012b\\0\n")
    #expect(entries.map(\.path) == ["/tmp/a\nb\\0"])
  }

  @Test(
    arguments: [
      "", "garbage\n", "1000-\n", "1000-2000\n", "1000-2000 rwxp\n", "2000-1000 rwxp 0 00:00 0\n",
      "1000-2000 rw 0 00:00 0\n", "10000000000000000-20000000000000000 rwxp 0 00:00 0\n", "1000 2000 rwxp 0 00:00 0\n",
    ])
  func leavesOutWhatMakesNoSense(_ text: String) {
    #expect(parse(text).isEmpty)
  }

  @Test func leavesOutWhatOverlaps() {
    let entries = parse("1000-3000 r--p 0 00:00 0\n2000-4000 r--p 0 00:00 0\n3000-4000 r--p 0 00:00 0\n")
    #expect(entries.map(\.start) == [0x1000, 0x3000])
  }

  @Test func findsTheEntryOfAnAddress() {
    let mappings = ProcessMappings(maps: Array("1000-2000 r--p 0 00:00 0\n3000-4000 r--p 0 00:00 0\n".utf8))
    #expect(mappings.entry(containing: 0xfff) == nil)
    #expect(mappings.entry(containing: 0x1fff)?.start == 0x1000)
    #expect(mappings.entry(containing: 0x2000) == nil)
    #expect(mappings.entry(containing: 0x3000)?.start == 0x3000)
    #expect(mappings.entry(containing: 0x4000) == nil)
  }

  @Test(
    arguments: [
      ("/dev/dri/card0", true), ("/dev/zero (deleted)", false), ("/dev/shm/x", false), ("/dev/nvidia0", true),
      ("/usr/dev/x", false),
    ])
  func tellsDevicesFromMemory(_ path: String, _ isDevice: Bool) {
    let entry = ProcessMappings.Entry(start: 0, end: 4096, permissions: .read, inode: 1, path: path)
    #expect(entry.isDevice == isDevice)
  }
}
