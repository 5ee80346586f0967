internal import Bytes
internal import Machine

/// Tells return addresses from other numbers that happen to be addresses of code.
struct CallSite {
  let architecture: Architecture
  let code: CodeMap
  let memory: any TargetMemory

  /// Whether `address` lies in code and, as far as the code can be read, behind a call.
  func isPlausible(_ address: UInt64) -> Bool {
    address != 0 && code.module(containing: address &- 1) != nil && followsCall(address) ?? true
  }

  /// Whether `address` lies in code that can be read, behind a call.
  func isProved(_ address: UInt64) -> Bool {
    address != 0 && code.module(containing: address &- 1) != nil && followsCall(address) ?? false
  }

  /// Whether the instruction before `address` is a call; nil where the code cannot be read.
  private func followsCall(_ address: UInt64) -> Bool? {
    switch architecture {
    case .x86_64:
      guard address >= 8, let bytes = memory.read(address - 8, 8) else { return nil }
      return X86Instructions.endsWithCall(bytes)
    case .aarch64:
      guard address & 3 == 0, address >= 4 else { return false }
      guard let word = memory.load(UInt32.self, at: address - 4) else { return nil }
      return AArch64Instruction(word).isCall
    }
  }

  /// What the call before the return address `address` calls, where it says so itself: a direct call.
  func directTarget(_ address: UInt64) -> UInt64? {
    switch architecture {
    case .x86_64:
      guard address >= 5, memory.load(UInt8.self, at: address - 5) == 0xe8,
        let distance = memory.load(Int32.self, at: address - 4)
      else { return nil }
      return address &+ UInt64(bitPattern: Int64(distance))
    case .aarch64:
      guard address >= 4, let word = memory.load(UInt32.self, at: address - 4) else { return nil }
      return AArch64Instruction(word).branchTarget(at: address - 4)
    }
  }
}
