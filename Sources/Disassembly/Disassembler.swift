public import Bytes
internal import CCapstone
public import Machine

/// Decodes instructions of one architecture.
///
/// Text comes from capstone. What an instruction accesses comes from capstone's details on x86-64, completed
/// where version 4 lacks them, and from the encoding itself on aarch64. Not for use by two threads at once.
@safe
public final class Disassembler {
  /// Whose instructions it decodes.
  public let architecture: Architecture
  private var handle: csh = 0
  private let instruction: UnsafeMutablePointer<cs_insn>?

  /// The longest instruction, in bytes (Intel SDM volume 2, section 2.3.11).
  public static let longestInstruction = 15

  /// Decodes `architecture`'s instructions; Intel's syntax for x86-64.
  public init(_ architecture: Architecture) {
    self.architecture = architecture
    let isX86 = architecture == .x86_64
    let opened = unsafe cs_open(
      isX86 ? CS_ARCH_X86 : CS_ARCH_ARM64, isX86 ? CS_MODE_64 : CS_MODE_LITTLE_ENDIAN, &handle)
    guard opened == CS_ERR_OK else {
      unsafe instruction = nil
      return
    }
    cs_option(handle, CS_OPT_DETAIL, Int(CS_OPT_ON.rawValue))
    unsafe instruction = cs_malloc(handle)
  }

  deinit {
    if let instruction = unsafe instruction { unsafe cs_free(instruction, 1) }
    if handle != 0 { unsafe cs_close(&handle) }
  }

  /// The instruction whose first byte is the first of `bytes`.
  ///
  /// - Parameters:
  ///   - address: the address in the target of that byte.
  ///   - bytes: what can be read there; 15 bytes are enough on x86-64, 4 on aarch64.
  /// - Returns: nil where the bytes are no instruction, or end within it.
  public func instruction(at address: UInt64, _ bytes: ByteView) -> Instruction? {
    switch architecture {
    case .x86_64: x86Instruction(at: address, bytes)
    case .aarch64: aarch64Instruction(at: address, bytes)
    }
  }

  /// Up to `count` instructions, one after another, until the bytes end or are no instruction.
  public func instructions(from address: UInt64, _ bytes: ByteView, count: Int) -> [Instruction] {
    var result: [Instruction] = []
    var offset = 0
    while result.count < count, let rest = bytes.suffix(from: offset), !rest.isEmpty,
      let next = instruction(at: address &+ UInt64(offset), rest)
    {
      result.append(next)
      offset += next.bytes.count
    }
    return result
  }

  /// What capstone makes of the first bytes, or nil. The pointee is valid until the next call.
  func decode(at address: UInt64, _ bytes: ByteView) -> UnsafeMutablePointer<cs_insn>? {
    guard let instruction = unsafe instruction else { return nil }
    let isDecoded = unsafe bytes.withUnsafeBytes { buffer in
      var code = unsafe buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
      var size = min(buffer.count, Self.longestInstruction)
      var next = address
      return unsafe size > 0 && cs_disasm_iter(handle, &code, &size, &next, instruction)
    }
    return unsafe isDecoded ? instruction : nil
  }

  /// One bit for each general register, by DWARF number, that the instruction reads, and that it writes.
  func registers(of instruction: UnsafeMutablePointer<cs_insn>, number: (UInt32) -> Int?) -> (UInt64, UInt64) {
    var masks: (UInt64, UInt64) = (0, 0)
    var readCount: UInt8 = 0
    var writtenCount: UInt8 = 0
    unsafe withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 128) { buffer in
      unsafe buffer.initialize(repeating: 0)
      guard let base = buffer.baseAddress,
        unsafe cs_regs_access(handle, instruction, base, &readCount, base + 64, &writtenCount) == CS_ERR_OK
      else { return }
      for position in 0..<min(Int(readCount), 64) {
        if let register = unsafe number(UInt32(buffer[position])) { masks.0 |= 1 << UInt64(register) }
      }
      for position in 0..<min(Int(writtenCount), 64) {
        if let register = unsafe number(UInt32(buffer[64 + position])) { masks.1 |= 1 << UInt64(register) }
      }
    }
    return masks
  }

  /// The mnemonic and the operands of a decoded instruction.
  func text(of instruction: UnsafeMutablePointer<cs_insn>) -> (mnemonic: String, operands: String) {
    func string<T>(_ field: T) -> String {
      unsafe withUnsafeBytes(of: field) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    return unsafe (string(instruction.pointee.mnemonic), string(instruction.pointee.op_str))
  }
}
