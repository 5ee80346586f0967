internal import Bytes
internal import Disassembly
internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// Where a thread took locks that it may still hold: calls of locking functions, in the functions that its stack is in,
/// before the place where each of them stands now.
///
/// Only locks whose address the code states are found so: global ones. The code before a place need not have run; so it
/// tells where a lock was taken that is known to be held, and is a hint else.
final class LockSites {
  private let investigation: Investigation
  private var functions: [UInt64: [Call]] = [:]
  /// How much of a function is decoded, and of how many functions a thread is in.
  private static let mostBytes: UInt64 = 16 << 10
  private static let mostFrames = 24

  /// A call of a function that takes or gives back the lock at an address.
  private struct Call {
    let pc: UInt64
    let lock: UInt64
    let isTaking: Bool
  }

  /// Where a lock was taken.
  struct Place {
    let pc: UInt64
    /// "worker (hang.c:12)".
    let text: String
  }

  init(_ investigation: Investigation) { self.investigation = investigation }

  /// The places where a thread took those of `locks` that its functions have not given back before where they stand.
  func taken(by thread: Int, among locks: Set<UInt64>) -> [UInt64: Place] {
    var result: [UInt64: Place] = [:]
    for frame in investigation.walk(ofThread: thread).frames.prefix(Self.mostFrames) {
      let start = functionStart(frame)
      guard start != 0, frame.pc > start, frame.pc - start <= Self.mostBytes, frame.provenance != .scan,
        investigation.target.moduleIndex(containing: start) != investigation.libraryModule
          || investigation.target.modules.count <= 2
      else { continue }
      var held: [UInt64: UInt64] = [:]
      for call in calls(start, to: frame) where call.pc < frame.lookupAddress {
        held[call.lock] = call.isTaking ? call.pc : nil
      }
      for (lock, pc) in held where locks.contains(lock) && result[lock] == nil {
        // The call that the thread is in now has not got the lock yet.
        guard investigation.instruction(at: pc).map({ $0.end != frame.pc }) ?? false else { continue }
        let site = Frame(
          number: frame.number, pc: pc, isExact: true, cfa: frame.cfa, stackPointer: frame.stackPointer,
          functionStart: start, provenance: frame.provenance)
        result[lock] = Place(pc: pc, text: investigation.sourcePlace(site))
      }
    }
    return result
  }

  private func functionStart(_ frame: Frame) -> UInt64 {
    if frame.functionStart != 0 { return frame.functionStart }
    return investigation.names.resolve([frame.lookupAddress]).first?.symbol?.address ?? 0
  }

  private func calls(_ start: UInt64, to frame: Frame) -> [Call] {
    let key = frame.pc
    if let known = functions[key] { return known }
    let size = Int(min(frame.pc - start, Self.mostBytes))
    let code = investigation.memory.readPrefix(start, size)
    var constants: [String: UInt64] = [:]
    var result: [Call] = []
    let isX86 = investigation.architecture == .x86_64
    let argument = isX86 ? "rdi" : "x0"
    for instruction in investigation.disassembler.instructions(from: start, code, count: size) {
      if instruction.kind == .call {
        if let lock = constants[argument], let target = instruction.target {
          let name = investigation.callee(target)
          if name.contains("lock") || name.contains("Lock") {
            let isGiving = name.contains("unlock") || name.contains("Unlock") || name.contains("~")
            result.append(Call(pc: instruction.address, lock: lock, isTaking: !isGiving))
          }
        }
        constants = constants.filter { Self.isKept($0.key, isX86) }
        continue
      }
      track(instruction, &constants, isX86)
    }
    functions[key] = result
    return result
  }

  /// Registers that functions keep for their callers.
  private static func isKept(_ name: String, _ isX86: Bool) -> Bool {
    isX86
      ? ["rbx", "rbp", "r12", "r13", "r14", "r15"].contains(name)
      : (Int(name.dropFirst()).map { (19...28).contains($0) } ?? false)
  }

  /// Notes an address that an instruction puts into a register, and forgets what it overwrites.
  private func track(_ instruction: Instruction, _ constants: inout [String: UInt64], _ isX86: Bool) {
    let operands = instruction.operands.split(separator: ",").map { $0.trimmingSpaces }
    guard let target = operands.first else { return }
    let register = isX86 && target.hasPrefix("e") && target.count == 3 ? "r" + target.dropFirst() : target
    let wasKnown = constants[register]
    for number in 0..<31 where instruction.writes(number) {
      if let name = investigation.architecture.registerName(number) { constants[name] = nil }
    }
    guard operands.count > 1 else { return }
    switch instruction.mnemonic {
    case "lea":
      guard let offset = Self.relative(operands[1]) else { return }
      constants[register] = instruction.end &+ UInt64(bitPattern: offset)
    case "mov":
      if let value = constants[operands[1]] {
        constants[register] = value
      } else if let value = Self.number(operands[1]), value > 4096 {
        constants[register] = UInt64(bitPattern: value)
      }
    case "adrp", "adr":
      if let value = Self.number(operands[1]) { constants[register] = UInt64(bitPattern: value) }
    case "add" where !isX86 && operands.count == 3:
      let base = operands[1] == register ? wasKnown : constants[operands[1]]
      if let base, let value = Self.number(operands[2]) { constants[register] = base &+ UInt64(bitPattern: value) }
    default: break
    }
  }

  /// The offset in "[rip + 0x2e9d]"; nil for any other operand.
  private static func relative(_ operand: String) -> Int64? {
    guard operand.hasPrefix("[rip "), operand.hasSuffix("]") else { return nil }
    let parts = operand.dropFirst(5).dropLast().split(separator: " ")
    guard parts.count == 2, let value = number(String(parts[1])) else { return nil }
    return parts[0] == "-" ? 0 &- value : value
  }

  /// "0x404060", "#0x10", "12".
  private static func number(_ text: String) -> Int64? {
    let digits = text.hasPrefix("#") ? text.dropFirst() : Substring(text)
    return digits.hasPrefix("0x") ? Int64(digits.dropFirst(2), radix: 16) : Int64(digits)
  }
}

extension Substring {
  /// Without blanks at its ends.
  fileprivate var trimmingSpaces: String {
    var part = drop { $0 == " " }
    while part.last == " " { part.removeLast() }
    return String(part)
  }
}
