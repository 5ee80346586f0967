internal import Bytes
internal import Disassembly
internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// Where a thread took locks that it may still hold: calls of locking functions, in the functions that its stack is in.
///
/// Only locks whose address the code states are found so: global ones. A call counts where every way through the
/// function to the place where it stands now passes it, and none gives the lock back after it.
final class LockSites {
  private let investigation: Investigation
  private var functions: [UInt64: Function] = [:]
  /// How much of a function is decoded, and of how many frames of a thread.
  private static let mostBytes: UInt64 = 16 << 10
  private static let mostFrames = 24

  /// A call of a function that takes or gives back the lock at an address, or an instruction that does.
  private struct Call {
    let pc: UInt64
    let end: UInt64
    let lock: UInt64
    let isTaking: Bool
    /// Whether it is an instruction of the function's own, which may have failed to take it.
    var isInline = false
  }

  /// What a function's code does with locks, and where it jumps.
  private struct Function {
    var calls: [Call] = []
    /// The call that each return address belongs to.
    var returns: [UInt64: UInt64] = [:]
    var flow = FunctionFlow()

    /// The call that returns to `address`.
    func callBefore(_ address: UInt64) -> UInt64? { returns[address] }

    /// Whether who stands behind the call at `place` must have made `call`, and no way between them gives its lock back.
    func holds(_ call: Call, start: UInt64, at place: UInt64) -> Bool {
      guard !flow.isIndirect, !flow.reaches(place, from: start, avoiding: call.pc) else { return false }
      return !calls.contains { other in
        !other.isTaking && other.lock == call.lock && flow.reaches(other.pc, from: call.end, avoiding: call.pc)
          && flow.reaches(place, from: other.end, avoiding: call.pc)
      }
    }
  }

  /// Where a lock was taken.
  struct Place {
    let pc: UInt64
    /// "worker (hang.c:12)".
    let text: String
  }

  init(_ investigation: Investigation) { self.investigation = investigation }

  /// The places where a thread took those of `locks` that it has not given back before where it stands.
  ///
  /// - Parameter wait: what the thread waits for: a frame that was guessed is believed where its last call was for that.
  func taken(by thread: Int, _ wait: ThreadWait?, among locks: Set<UInt64>) -> [UInt64: Place] {
    var result: [UInt64: Place] = [:]
    for frame in investigation.walk(ofThread: thread).frames.prefix(Self.mostFrames) {
      let symbol = investigation.names.resolve([frame.lookupAddress]).first?.symbol
      let start = frame.functionStart != 0 ? frame.functionStart : symbol?.address ?? 0
      guard start != 0, frame.pc > start, frame.pc - start <= Self.mostBytes,
        investigation.target.moduleIndex(containing: start) != investigation.libraryModule
          || investigation.target.modules.count <= 2
      else { continue }
      let function = function(start, size: max(symbol?.size ?? 0, frame.pc - start))
      let last = function.calls.last { $0.end == frame.pc }
      if frame.provenance == .scan {
        guard let last, last.isTaking, last.lock == wait?.object?.address else { continue }
      }
      for call in function.calls where call.isTaking && call.end != frame.pc && locks.contains(call.lock) {
        guard result[call.lock] == nil, !call.isInline || call.lock != wait?.object?.address,
          let place = function.callBefore(frame.pc),
          function.holds(call, start: start, at: place)
        else { continue }
        let site = Frame(
          number: frame.number, pc: call.pc, isExact: true, cfa: frame.cfa, stackPointer: frame.stackPointer,
          functionStart: start, provenance: frame.provenance)
        result[call.lock] = Place(pc: call.pc, text: investigation.sourcePlace(site))
      }
    }
    return result
  }

  /// The place in one of a thread's functions that gives back a lock which the function does not take: somebody else's, as
  /// of a mutex that is used for a signal. nil for none.
  func givesBack(_ lock: UInt64, by thread: Int) -> Place? {
    for frame in investigation.walk(ofThread: thread).frames.prefix(Self.mostFrames) where frame.provenance != .scan {
      let symbol = investigation.names.resolve([frame.lookupAddress]).first?.symbol
      let start = frame.functionStart != 0 ? frame.functionStart : symbol?.address ?? 0
      guard start != 0, frame.pc > start, frame.pc - start <= Self.mostBytes,
        investigation.target.moduleIndex(containing: start) != investigation.libraryModule
      else { continue }
      let calls = function(start, size: max(symbol?.size ?? 0, frame.pc - start)).calls.filter { $0.lock == lock }
      guard let call = calls.first, !calls.contains(where: \.isTaking) else { continue }
      let site = Frame(
        number: frame.number, pc: call.pc, isExact: true, cfa: frame.cfa, stackPointer: frame.stackPointer,
        functionStart: start, provenance: frame.provenance)
      return Place(pc: call.pc, text: investigation.sourcePlace(site))
    }
    return nil
  }

  private func function(_ start: UInt64, size: UInt64) -> Function {
    if let known = functions[start] { return known }
    let code = investigation.memory.readPrefix(start, Int(min(size, Self.mostBytes)))
    var constants: [String: UInt64] = [:]
    var result = Function()
    let isX86 = investigation.architecture == .x86_64
    let argument = isX86 ? "rdi" : "x0"
    for instruction in investigation.disassembler.instructions(from: start, code, count: code.count) {
      result.flow.add(instruction)
      if instruction.kind == .call { result.returns[instruction.end] = instruction.address }
      if instruction.kind == .call {
        if let lock = constants[argument], let target = instruction.target {
          if let isTaking = Self.takes(investigation.callee(target)) {
            result.calls.append(
              Call(pc: instruction.address, end: instruction.end, lock: lock, isTaking: isTaking))
          }
        }
        constants = constants.filter { Self.isKept($0.key, isX86) }
        continue
      }
      if isX86, let lock = Self.exchanged(instruction) {
        result.calls.append(
          Call(
            pc: instruction.address, end: instruction.end, lock: lock,
            isTaking: instruction.mnemonic == "lock cmpxchg", isInline: true))
      }
      track(instruction, &constants, isX86)
    }
    functions[start] = result
    return result
  }

  /// The word at a fixed address that an instruction changes atomically: locks are taken by compare-and-exchange where the
  /// compiler put that into the function, as Rust's are, and given back by anything else.
  private static func exchanged(_ instruction: Instruction) -> UInt64? {
    guard instruction.mnemonic.hasPrefix("lock ") || instruction.mnemonic == "xchg",
      let start = instruction.operands.firstIndex(of: "["), let end = instruction.operands.lastIndex(of: "]"),
      start < end,
      let offset = relative(String(instruction.operands[start...end]))
    else { return nil }
    return instruction.end &+ UInt64(bitPattern: offset)
  }

  /// Whether a function, by its name, takes a lock (true), or gives it back or makes it anew (false); nil where it does
  /// neither, or may fail to.
  static func takes(_ function: String) -> Bool? {
    var name = function[...]
    // What a template is made with says nothing: "std::lock_guard<std::mutex>::lock_guard".
    if let template = name.lastIndex(of: ">"), template < name.index(before: name.endIndex) {
      name = name[name.index(after: template)...]
    }
    if let end = name.firstIndex(where: { $0 == "(" || $0 == "<" || $0 == " " }) { name = name[..<end] }
    let isDestructor = name.utf8.contains(UInt8(ascii: "~"))
    if let colon = name.lastIndex(of: ":") { name = name[name.index(after: colon)...] }
    let plain = name.lowercased()
    func ends(_ suffix: String) -> Bool { plain.hasSuffix(suffix) }
    if plain.has("guard") && (ends("_release") || ends("_abort")) || plain.has("funlockfile") { return false }
    guard plain.has("lock") || plain.has("mutex") || plain.has("mtx") || ends("_guard_acquire") else { return nil }
    if isDestructor || plain.has("unlock") || ends("_init") || ends("_destroy") { return false }
    guard !plain.has("try"), !plain.has("timed"), !ends("clocklock"), !ends("block"), !ends("clock") else { return nil }
    let isTaking =
      ends("lock") || ends("lock_shared") || ends("lock_guard") || ends("_guard_acquire") || ends("flockfile")
    return isTaking ? true : nil
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
