import Bytes
import Machine
import TestSupport
import Unwinding

/// A target that a test lays out: regions of words, and one module with code and call frame information.
final class HandMadeTarget: TargetMemory {
  static let code: UInt64 = 0x40_0000
  static let codeEnd: UInt64 = 0x41_0000

  private let windows: [MemoryWindow]
  let architecture: Architecture
  let module: UnwindModule

  /// - Parameters:
  ///   - functions: each at a multiple of 0x100 from the start of the code, 0x100 bytes long: its instructions
  ///     of call frame information, behind the CIE's: CFA = SP + 8, return address at CFA - 8 (x86-64); CFA = SP
  ///     (aarch64).
  ///   - regions: words by the address of the first one.
  ///   - codeBytes: what lies at an offset in the code; the rest is calls, so that any address follows one.
  init(
    _ architecture: Architecture = .x86_64, functions: [[UInt8]], signalFunctions: [[UInt8]] = [],
    regions: [UInt64: [UInt64]], codeBytes: [Int: [UInt8]] = [:], isCodeReadable: Bool = true
  ) {
    self.architecture = architecture
    var code = [UInt8](repeating: 0, count: Int(Self.codeEnd - Self.code))
    for index in code.indices {
      // e8 e8 e8 e8 e8 ...: call +0xe8e8e8e8; on aarch64 bl.
      code[index] = architecture == .x86_64 ? 0xe8 : little(0x9400_0000, 4)[index % 4]
    }
    for (offset, bytes) in codeBytes { code.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
    var windows = regions.map { start, words in
      MemoryWindow(start: start, bytes: ByteView(words.flatMap { little($0, 8) }))
    }
    if isCodeReadable { windows.append(MemoryWindow(start: Self.code, bytes: ByteView(code))) }
    self.windows = windows
    var writer = CallFrameWriter()
    let isX86 = architecture == .x86_64
    let initial = isX86 ? CFA.defCFA(7, 8) + CFA.offset(16, 1) : CFA.defCFA(31, 0)
    let cie = writer.cie(returnAddress: isX86 ? 16 : 30, instructions: initial)
    let signalCIE = writer.cie(augmentation: "zRS", returnAddress: isX86 ? 16 : 30, instructions: initial)
    for (index, instructions) in (functions + signalFunctions).enumerated() {
      _ = writer.fde(
        cie: index < functions.count ? cie : signalCIE, start: Self.code + UInt64(index) * 0x100, size: 0x100,
        instructions: instructions)
    }
    module = UnwindModule(
      start: Self.code, end: Self.codeEnd, bias: 0, ehFrameHeader: nil, ehFrame: (0x70_0000, ByteView(writer.bytes)),
      debugFrame: nil, code: [Self.code..<Self.codeEnd])
  }

  func window(containing address: UInt64) -> MemoryWindow? { windows.first { $0.contains(address) } }

  /// An address in function `index`, `offset` bytes behind its first one.
  static func pc(_ index: Int, _ offset: UInt64 = 0x40) -> UInt64 { code + UInt64(index) * 0x100 + offset }

  func walk(
    _ registers: [Int: UInt64], codePointerMask: UInt64 = 0, unwindTables: Bool = true
  ) -> StackWalk {
    var set = RegisterSet()
    for (number, value) in registers { set[number] = value }
    let module =
      unwindTables
      ? module
      : UnwindModule(
        start: module.start, end: module.end, bias: 0, ehFrameHeader: nil, ehFrame: nil, debugFrame: nil,
        code: module.code)
    return Unwinder(
      architecture: architecture, modules: [module], memory: self, codePointerMask: codePointerMask
    ).walk(set)
  }
}
