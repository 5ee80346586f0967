/// The processors whose programs Inquest examines.
public enum Architecture: String, Sendable, CaseIterable {
  case x86_64 = "x86-64"
  case aarch64

  /// The DWARF number of the stack pointer (System V ABI AMD64 figure 3.36; AADWARF64 section 4.1).
  @inlinable public var stackPointerRegister: Int { self == .x86_64 ? 7 : 31 }

  /// The DWARF number of the frame pointer: rbp, x29.
  @inlinable public var framePointerRegister: Int { self == .x86_64 ? 6 : 29 }

  /// The slot of a ``RegisterSet`` that holds the instruction pointer: DWARF's return address column 16
  /// on x86-64, DWARF's PC, 32, on aarch64.
  @inlinable public var instructionPointerRegister: Int { self == .x86_64 ? 16 : 32 }

  /// The DWARF number of the link register x30; x86-64 has none.
  @inlinable public var linkRegister: Int? { self == .x86_64 ? nil : 30 }

  /// The names of registers by DWARF number, instruction pointer included.
  public var registerNames: [String] {
    switch self {
    case .x86_64:
      ["rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp"] + (8...15).map { "r\($0)" } + ["rip"]
    case .aarch64:
      (0...30).map { "x\($0)" } + ["sp", "pc"]
    }
  }

  /// The name of the register with DWARF number `number`, or nil where it has none here.
  public func registerName(_ number: Int) -> String? {
    let names = registerNames
    return names.indices.contains(number) ? names[number] : nil
  }

  /// Whether `address` can be used at all: bits 47 to 63 equal on x86-64 (four-level paging; with five
  /// levels bits 56 to 63); below 2^52, its top byte ignored, on aarch64 user space.
  @inlinable
  public func isCanonical(_ address: UInt64) -> Bool {
    switch self {
    case .x86_64:
      let top = Int64(bitPattern: address) >> 47
      return top == 0 || top == -1
    case .aarch64:
      return address & 0x00ff_ffff_ffff_ffff < 1 << 52
    }
  }
}
