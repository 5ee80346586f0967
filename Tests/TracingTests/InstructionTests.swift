import Bytes
import Foundation
import Machine
import ModuleFiles
import TestSupport
import Testing

@testable import Tracing

#if arch(x86_64)
  /// What breakpoints do in place of the instruction that they stand on, against what the processor does.
  @Suite("An instruction under a breakpoint", .serialized)
  struct InstructionTests {
    /// Where `instructions.c` has room for code and data.
    private static let room: UInt64 = 0x1000_0000
    private static let code = room + (32 << 20)
    private static let stack = room + (48 << 20)

    /// The bytes that functions of a library begin with, each once.
    private static func beginnings(of library: String) throws -> [[UInt8]] {
      let listed = try runChecked(["nm", "-D", "--defined-only", library]).output
      let file = try [UInt8](Data(contentsOf: URL(fileURLWithPath: library)))
      // Code lies in the file where it lies in memory, or is moved by what `readelf` says.
      let segment = try #require(
        try runChecked(["readelf", "-lW", library]).output.split(separator: "\n").first { $0.contains(" R E ") })
      let words = segment.split(separator: " ")
      let offset = try #require(Int(words[1].dropFirst(2), radix: 16))
      let address = try #require(Int(words[2].dropFirst(2), radix: 16))
      let size = try #require(Int(words[4].dropFirst(2), radix: 16))
      var seen: Set<[UInt8]> = []
      for line in listed.split(separator: "\n") {
        let parts = line.split(separator: " ")
        guard parts.count == 3, ["T", "W", "i"].contains(parts[1]), let value = Int(parts[0], radix: 16),
          value >= address, value + 16 <= address + size
        else { continue }
        let at = value - address + offset
        seen.insert(Array(file[at..<(at + 16)]))
      }
      return seen.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Instructions that calls return to, and those whose results depend on flags or that move the stack pointer.
    private static let chosen: [[UInt8]] =
      (0..<16).flatMap { condition -> [[UInt8]] in
        [[0x70 | UInt8(condition), 0x10], [0x0f, 0x80 | UInt8(condition), 0x00, 0x01, 0, 0]]
      }
      + [
        [0xe8, 0x00, 0x01, 0x00, 0x00], [0xe9, 0x00, 0xff, 0xff, 0xff], [0xeb, 0x80], [0xc3], [0x5c], [0x54],
        [0x41, 0x5c],
        [0x58], [0x41, 0x57], [0x48, 0x83, 0xc4, 0x08], [0x48, 0x83, 0xc4, 0xf8], [0x48, 0x83, 0xec, 0x80],
        [0x48, 0x81, 0xc4, 0xff, 0xff, 0xff, 0x7f], [0x48, 0x81, 0xec, 0x00, 0x00, 0x00, 0x80], [0x31, 0xc0],
        [0x45, 0x31, 0xff], [0x48, 0x31, 0xdb], [0x85, 0xc0], [0x48, 0x85, 0xff], [0x45, 0x85, 0xc9], [0x89, 0xc7],
        [0x8b, 0xfc], [0x4c, 0x89, 0xe7], [0xb8, 0xff, 0xff, 0xff, 0xff], [0x48, 0xc7, 0xc0, 0xff, 0xff, 0xff, 0xff],
        [0x4c, 0x8d, 0x25, 0x10, 0x00, 0x00, 0x00], [0xff, 0x15, 0x00, 0x10, 0, 0], [0xff, 0x25, 0x00, 0x10, 0, 0],
        [0x41, 0xff, 0x15, 0x00, 0x10, 0, 0], [0x48, 0x8b, 0x05, 0x00, 0x10, 0, 0], [0x8b, 0x35, 0x00, 0x10, 0, 0],
        [0x4c, 0x8b, 0x3d, 0x00, 0x10, 0, 0], [0x83, 0x3d, 0x00, 0x10, 0, 0, 0x01],
        [0x80, 0x3d, 0x00, 0x10, 0, 0, 0x00],
        [0x0f, 0xb6, 0x3d, 0x00, 0x10, 0, 0], [0xf3, 0x0f, 0x1e, 0xfa], [0x90], [0x48, 0xf7, 0xd8], [0x0f, 0x94, 0xc0],
        [0x48, 0x98], [0xc3], [0xc9], [0x9c], [0x9d], [0xfd], [0xfc],
      ]

    /// Where an instruction leaves a thread: its registers, and the words around its stack.
    private struct State: Equatable {
      var registers: [UInt64]
      var stack: [UInt64]
    }

    /// A random state, of which pointers lead into the room: flags, registers, stack.
    private static func randomize(_ registers: inout RegisterWords, _ source: inout some RandomNumberGenerator) {
      for place in RegisterWords.encodingOrder {
        registers[place] =
          Bool.random(using: &source)
          ? room + (UInt64.random(in: 0..<(60 << 20), using: &source) & ~63) + (1 << 20)
          : [0, 1, 255, 1 << 31, 1 << 63, UInt64.max, UInt64.random(in: 0...UInt64.max, using: &source)]
            .randomElement(using: &source) ?? 0
      }
      registers.stackPointer = stack + (UInt64.random(in: 0..<4096, using: &source) & ~15)
      registers.instructionPointer = code
      // Carry, parity, adjust, zero, sign, overflow; bit 1 is always set, and interrupts are enabled.
      registers.flags = 0x202 | UInt64.random(in: 0...UInt64.max, using: &source) & 0x8d5
    }

    /// What memory operands may have changed before.
    private static func clear(_ registers: RegisterWords, _ process: Int32) throws {
      for place in RegisterWords.encodingOrder where (room + 4096..<room + (63 << 20)).contains(registers[place]) {
        try write([UInt8](repeating: 0, count: 512), at: registers[place] - 256, process)
      }
    }

    private static func state(_ registers: RegisterWords, _ process: Int32, from top: UInt64) -> State {
      // orig_rax is the kernel's; the resume flag of eflags tells of the debugger.
      State(
        registers: RegisterWords.encodingOrder.map { registers[$0] } + [
          registers.instructionPointer, registers.flags & 0xcd5,
        ],
        stack: ProcessWords.words(at: top &- 64, 16, of: process))
    }

    private static func write(_ bytes: [UInt8], at address: UInt64, _ process: Int32) throws {
      let handle = try FileHandle(forUpdating: URL(fileURLWithPath: "/proc/\(process)/mem"))
      try handle.seek(toOffset: address)
      try handle.write(contentsOf: Data(bytes))
      try handle.close()
    }

    @Test("does the same as on the processor: the first ones of all functions of libc, and others")
    func sameResults() async throws {
      let library = try #require(
        try runChecked(["gcc", "-print-file-name=libc.so.6"]).output.split(separator: "\n").first.map(String.init))
      let beginnings = try Self.beginnings(of: library)
      #expect(beginnings.count > 500)
      let program = try Fixture.compile("instructions.c", with: ["gcc", "-O1"])
      let cases = beginnings + Self.chosen.map { $0 + [UInt8](repeating: 0xcc, count: 16 - $0.count) }
      let tally = try await Run.onThread { try Self.compare(cases, program) }
      #expect(tally.differences.isEmpty, "\(tally.differences.prefix(10).joined(separator: "\n"))")
      #expect(tally.same > cases.count / 2, "\(tally)")
      // Few may be such that nothing is known of how to run them elsewhere.
      #expect(tally.noPlan * 50 < cases.count, "\(tally)")
    }

    struct Tally: Sendable {
      var same = 0
      var faults = 0
      var noPlan = 0
      var differences: [String] = []
    }

    private static func compare(_ cases: [[UInt8]], _ program: String) throws -> Tally {
      let tracer = Tracer()
      let started = try tracer.start([program], environment: Run.environment)
      let process = started.process
      /// The next stop of the thread.
      func stop() throws -> (WaitReport.Stop, HeldThread)? {
        while var occurrence = try tracer.next() {
          let event = occurrence.event
          guard let thread = occurrence.stopped.take() else { continue }
          if case .stopped(_, let stop) = event { return (stop, HeldThread(thread)) }
          thread.resume(.run)
        }
        return nil
      }
      var tally = Tally()
      var source = SystemRandomNumberGenerator()
      guard let first = try stop() else { throw PreparationError("it did not stop") }
      var thread = first.1
      guard let initial = RegisterWords(of: process) else { throw PreparationError("no registers") }
      for bytes in cases {
        for _ in 0..<3 {
          guard let plan = StepPlan(bytes, at: code) else {
            tally.noPlan += 1
            break
          }
          var before = initial
          randomize(&before, &source)
          let top = before.stackPointer
          let stack = (0..<16).flatMap { _ in withUnsafeBytes(of: UInt64.random(in: 0...UInt64.max)) { Array($0) } }
          let filler = [UInt8](repeating: 0xcc, count: 16)
          // By the processor: one step.
          try clear(before, process)
          try write(stack, at: top &- 64, process)
          try write(bytes + filler, at: code, process)
          before.write(to: process)
          thread.take()?.resume(.step, delivering: 0)
          guard let stepped = try stop() else { throw PreparationError("it ended in a step") }
          thread = stepped.1
          guard case .signal(5) = stepped.0, let after = RegisterWords(of: process) else {
            tally.faults += 1
            continue
          }
          let wanted = state(after, process, from: top)
          // By us.
          try clear(before, process)
          try write(stack, at: top &- 64, process)
          var registers = before
          if case .emulated(let instruction) = plan {
            guard instruction.run(&registers, of: process) else {
              tally.differences.append("\(bytes): cannot be emulated where the processor can")
              continue
            }
          } else {
            // What follows it is a trap.
            let length = plan.length
            let breakpoints = Breakpoints()
            try write(Array(bytes[..<length]) + filler, at: code, process)
            guard breakpoints.insert(code, in: process, by: process) else {
              tally.differences.append("\(bytes): no breakpoint")
              continue
            }
            before.write(to: process)
            thread.take()?.resume(.run, delivering: 0)
            var ran = false
            while !ran, let next = try stop() {
              guard let standing = next.1.take() else { break }
              switch breakpoints.take(next.0, standing) {
              case .hit(let hit, let stopped):
                breakpoints.resume(stopped, over: hit)
              case .done: break
              case .notOurs(let stopped):
                thread = HeldThread(stopped)
                ran = true
              case .signal(_, let stopped):
                thread = HeldThread(stopped)
                ran = true
              }
            }
            guard ran, let after = RegisterWords(of: process) else { throw PreparationError("it ended: \(bytes)") }
            registers = after
            registers.instructionPointer = after.instructionPointer &- 1
            breakpoints.remove(code, in: process, by: process)
          }
          let got = state(registers, process, from: top)
          if got == wanted {
            tally.same += 1
          } else {
            tally.differences.append(
              "\(bytes.map { String($0, radix: 16) }) \(plan): \(got) instead of \(wanted)")
          }
        }
      }
      kill(process, SIGKILL)
      thread.take()?.resume(.run, delivering: 0)
      while var occurrence = try tracer.next() { if let rest = occurrence.stopped.take() { rest.resume(.run) } }
      started.close()
      return tally
    }
  }

  extension StepPlan {
    /// How many bytes the instruction has.
    fileprivate var length: Int {
      switch self {
      case .emulated: 0
      case .copied(let bytes), .rebased(let bytes, _): bytes.count
      }
    }
  }
#endif
