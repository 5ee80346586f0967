import Foundation
import Machine
import TestSupport
import Testing
import Tracing

/// What can be asked of a stopped thread, and of a tracer that waits.
@Suite("A stopped thread", .serialized)
struct StopTests {
  @Test("tells which system call it is in, and what came of it")
  func systemCalls() async throws {
    let seen = try await Run.onThread {
      let tracer = Tracer()
      let program = try tracer.start(["/bin/sh", "-c", "kill -0 $$; exit 5"], environment: Run.environment)
      var entries = 0
      var exits = 0
      var exitGroups: [UInt64] = []
      while var occurrence = try tracer.next() {
        guard let stopped = occurrence.stopped.take() else { continue }
        if let call = stopped.systemCall() {
          switch call.phase {
          case .entry(let number, let arguments):
            entries += 1
            #expect(call.isNative)
            if number == (Architecture.host == .x86_64 ? 231 : 94) { exitGroups.append(arguments[0]) }
          case .exit(let result, let isError):
            exits += 1
            #expect(isError == (result < 0 && result >= -4095))
          case .seccomp: Issue.record("there is no filter")
          }
        }
        stopped.resume(.untilSystemCall)
      }
      program.close()
      return (entries, exits, exitGroups)
    }
    #expect(seen.0 > 20)
    // exit_group does not return; the exec's exit comes after its event.
    #expect((seen.1...seen.1 + 2).contains(seen.0))
    #expect(seen.2 == [5])
  }

  @Test(
    "is stopped by a filter for what was asked, and for nothing else", arguments: [[450], [257, 3, 0], Array(0..<400)])
  func filter(numbers: [Int]) async throws {
    guard Architecture.host == .x86_64 else { return }
    let traced = Set(numbers)
    let seen = try await Run.onThread {
      let tracer = Tracer()
      let program = try tracer.start(
        ["/bin/sh", "-c", "exec ls / >/dev/null"], environment: Run.environment,
        filter: SeccompFilter(traced: traced, data: 9))
      var seen: Set<Int> = []
      var end: TraceEvent.End?
      while var occurrence = try tracer.next() {
        if case .processEnded(_, let how) = occurrence.event { end = how }
        guard let stopped = occurrence.stopped.take() else { continue }
        if case .seccomp(let number, _, let data)? = stopped.systemCall()?.phase {
          seen.insert(number)
          #expect(data == 9)
        }
        stopped.resume()
      }
      program.close()
      return (seen, end)
    }
    #expect(seen.0.isSubset(of: traced))
    #expect(seen.0.isEmpty == (numbers == [450]))
    #expect(seen.1 == .exited(status: 0))
  }

  @Test("goes one instruction, and its registers can be changed")
  func stepping() async throws {
    guard Architecture.host == .x86_64 else { return }
    let steps = try await Run.onThread {
      let tracer = Tracer()
      let program = try tracer.start(["/bin/true"], environment: Run.environment)
      var places: [UInt64] = []
      while var occurrence = try tracer.next() {
        guard let stopped = occurrence.stopped.take() else { continue }
        if places.count < 100 {
          if var registers = stopped.registers(), let pc = registers.instructionPointer(.x86_64) {
            places.append(pc)
            let r15 = registers[15]
            registers[15] = 0x1234
            let wasSet = stopped.setRegisters(registers)
            let now = stopped.registers()?[15]
            registers[15] = r15
            let wasRestored = stopped.setRegisters(registers)
            #expect(wasSet && now == 0x1234 && wasRestored)
          }
          stopped.resume(.step, delivering: 0)
        } else {
          stopped.resume(delivering: 0)
        }
      }
      program.close()
      return places
    }
    #expect(Set(steps).count > 50)
  }

  @Test("nobody waits longer for than was said, and a waker ends the wait")
  func timeouts() async throws {
    let times = try await Run.onThread {
      let tracer = Tracer()
      let program = try tracer.start(["/bin/sleep", "1000"], environment: Run.environment)
      let waker = try tracer.waker()
      let clock = ContinuousClock()
      var waits: [Duration] = []
      var end: TraceEvent.End?
      var isOver = false
      while !isOver {
        let began = clock.now
        let timeout = waits.count == 2 ? Duration.seconds(60) : .milliseconds(100)
        if waits.count == 2 {
          Thread {
            usleep(50000); waker.wake()
          }.start()
        }
        switch try tracer.next(timeout: timeout) {
        case .nothingLeft: isOver = true
        case .nothingYet:
          waits.append(clock.now - began)
          if waits.count == 8 { kill(program.process, SIGKILL) }
        case .occurrence(let occurrence): if case .processEnded(_, let how) = occurrence.event { end = how }
        }
      }
      program.close()
      return (waits, end)
    }
    guard case .killed(signal: SIGKILL, _)? = times.1 else {
      Issue.record("\(String(describing: times.1))")
      return
    }
    for (index, wait) in times.0.enumerated() {
      // Other programs may keep the processors busy.
      #expect(wait < .seconds(20), "wait \(index)")
    }
    // A wait may end early, where the clock of one before it rings; but not again and again.
    #expect(times.0.count { $0 >= .milliseconds(90) } >= 4)
  }
}
