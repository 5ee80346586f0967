/// The general registers of a thread as the kernel gives them: `struct user_regs_struct`
/// (`arch/x86/include/asm/user_64.h`), `struct user_pt_regs` (`arch/arm64/include/uapi/asm/ptrace.h`). The contents of
/// NT_PRSTATUS in ptrace, and the middle of it in a core.
package struct UserRegisters: Sendable {
  package let architecture: Architecture
  /// In the kernel's order; those after ``count(_:)`` are 0.
  package var words: InlineArray<34, UInt64>

  package init(_ architecture: Architecture) {
    self.architecture = architecture
    words = InlineArray(repeating: 0)
  }

  /// How many words the kernel has.
  package static func count(_ architecture: Architecture) -> Int { architecture == .x86_64 ? 27 : 34 }

  /// The index of orig_rax: the number of the system call that the thread is in, or -1. x86-64 only.
  package static let originalRaxIndex = 15
  /// The index of fs_base, the thread pointer. x86-64 only.
  package static let threadPointerIndex = 21
  /// The index of the result of a system call: rax, x0.
  package static func resultIndex(_ architecture: Architecture) -> Int { architecture == .x86_64 ? 10 : 0 }
  /// The index of the first argument of a system call: rdi, x0.
  package static func firstArgumentIndex(_ architecture: Architecture) -> Int { architecture == .x86_64 ? 14 : 0 }

  /// The DWARF number of each word of x86-64, in the kernel's order; nil for what DWARF does not number or
  /// ``RegisterSet`` does not hold.
  private static let numbers: [Int?] = [
    15, 14, 13, 12, 6, 3, 11, 10, 9, 8, 0, 2, 1, 4, 5, nil, 16, nil, nil, 7,
  ]

  /// The index of the word that holds a register, by its DWARF number; nil where there is none.
  package static func index(of number: Int, _ architecture: Architecture) -> Int? {
    switch architecture {
    case .x86_64: numbers.firstIndex(of: number)
    // x0 to x30, sp and pc, which is DWARF's order.
    case .aarch64: (0...32).contains(number) ? number : nil
    }
  }

  /// By DWARF number; setting changes only those that the new value knows.
  package var registers: RegisterSet {
    get {
      var registers = RegisterSet()
      switch architecture {
      case .x86_64:
        for (index, number) in Self.numbers.enumerated() {
          if let number { registers[number] = words[index] }
        }
      case .aarch64:
        for number in 0...32 { registers[number] = words[number] }
      }
      return registers
    }
    set {
      for number in 0..<RegisterSet.capacity {
        if let value = newValue[number], let index = Self.index(of: number, architecture) { words[index] = value }
      }
    }
  }

  /// fs_base; nil on aarch64, where TPIDR_EL0 is a register set of its own (NT_ARM_TLS).
  package var threadPointer: UInt64? { architecture == .x86_64 ? words[Self.threadPointerIndex] : nil }

  /// orig_rax: the number of the system call that the thread is in, or -1; nil on aarch64.
  package var systemCall: Int64? {
    architecture == .x86_64 ? Int64(bitPattern: words[Self.originalRaxIndex]) : nil
  }
}

extension Architecture {
  /// The one that this code was compiled for.
  package static var host: Architecture {
    #if arch(arm64)
      .aarch64
    #else
      .x86_64
    #endif
  }
}
