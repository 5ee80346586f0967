internal import Bytes
internal import Machine

/// Takes frames as they are walked.
protocol FrameSink {
  /// Takes the next frame.
  mutating func add(_ frame: Frame)
  /// The caller of the frame that was added last lies on another stack.
  mutating func stackEnded()
}

/// Takes frames without looking at them.
struct NoFrames: FrameSink {
  mutating func add(_ frame: Frame) {}
  mutating func stackEnded() {}
}

extension UnwindEngine {
  /// Walks to the end of the stack, or until the cursor stands at frame `stop`.
  mutating func run<Sink: FrameSink>(_ cursor: inout StackCursor, into sink: inout Sink, until stop: Int = .max) {
    while cursor.number < stop {
      if let stackPointer = cursor.registers.stackPointer(architecture),
        let window = memory.window(containing: stackPointer)
      {
        walkFast(&cursor, within: window, into: &sink, until: stop)
        if cursor.number == stop { return }
      }
      let segment = cursor.progress.segmentNumber
      guard let frame = step(&cursor) else { return }
      sink.add(frame)
      if cursor.progress.segmentNumber != segment { sink.stackEnded() }
    }
  }

  /// Takes as many steps as fast rules in the cache and one window of memory allow. This is the loop that deep
  /// stacks are walked in: it allocates nothing and calls nothing through a protocol.
  private func walkFast<Sink: FrameSink>(
    _ cursor: inout StackCursor, within window: MemoryWindow, into sink: inout Sink, until stop: Int
  ) {
    let instructionPointer = architecture.instructionPointerRegister
    let stackPointerRegister = architecture.stackPointerRegister
    let memory = window.bytes.span
    let limit = min(cursor.progress.limit, window.end)
    let plainMask = ~codePointerMask
    let signedMask = codePointerMask == 0 ? ~architecture.defaultCodePointerMask : plainMask
    guard !cursor.stackPointerIsBound else { return }
    var stackPointer = cursor.progress.stackPointer
    while cursor.number < stop, let pc = cursor.registers[instructionPointer] {
      let rule = cache.rule(pc, cursor.isExact)
      guard rule.kind == .fast, rule.returnAddress == .saved, let base = cursor.registers[Int(rule.cfaRegister)]
      else { break }
      let cfa = base &+ UInt64(bitPattern: Int64(rule.cfaOffset))
      // Everything that is read lies in the window, and the stack grows outwards.
      guard cfa > stackPointer, cfa - stackPointer >= 8, cfa <= limit,
        cfa - window.start >= UInt64(rule.lowestOffset.magnitude), limit - cfa >= UInt64(rule.highestOffset)
      else { break }
      let place = Int(cfa - window.start)
      sink.add(
        Frame(
          number: cursor.number, pc: pc, isExact: cursor.isExact, cfa: cfa, stackPointer: stackPointer,
          functionStart: rule.functionStart, provenance: cursor.provenance))
      cursor.registers.keep(only: rule.keptRegisters)
      for index in 0..<Int(rule.savedCount) {
        cursor.registers[Int(rule.savedRegisters[index])] = unsafe memory.unsafeLoadUnaligned(
          fromUncheckedByteOffset: place + Int(rule.savedOffsets[index]) * 8, as: UInt64.self)
      }
      let returnAddress = unsafe memory.unsafeLoadUnaligned(
        fromUncheckedByteOffset: place + Int(rule.returnAddressOffset) * 8, as: UInt64.self)
      cursor.registers[instructionPointer] = returnAddress & (rule.isSigned ? signedMask : plainMask)
      cursor.registers[stackPointerRegister] = cfa
      stackPointer = cfa
      cursor.number += 1
      cursor.isExact = false
      cursor.provenance = .callFrameInformation
    }
    cursor.progress.advance(to: stackPointer)
  }
}
