import Foundation

/// A program that runs beside a test, from the moment on when it has printed something. It is killed with the object.
public final class RunningProgram {
  private let process: ChildProcess
  private let output: Int32
  private let folder: String
  private let firstByte: UInt8

  /// Starts a program, and waits until it has printed something.
  ///
  /// - Parameter program: it and its arguments; what it executes in its own place keeps its id.
  public init(_ program: [String], environment: [String: String] = [:]) throws {
    folder = try temporaryDirectory()
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw PreparationError("no pipe: \(String(cString: strerror(errno)))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    output = ends[0]
    do {
      defer { close(ends[1]) }
      process = try ChildProcess(program, in: folder, environment: Fixture.silent(environment), output: ends[1])
    } catch {
      close(ends[0])
      throw error
    }
    var byte: UInt8 = 0
    guard read(output, &byte, 1) == 1 else {
      throw PreparationError("\(program) ended before it printed that it was ready")
    }
    firstByte = byte
  }

  deinit {
    process.end()
    close(output)
  }

  /// Its id.
  public var pid: Int32 { process.identifier }

  /// The rest of the line that it began before anything else was done. To be asked for once.
  public func firstLine() -> String {
    var line = [firstByte]
    var byte: UInt8 = 0
    while line.last != UInt8(ascii: "\n"), read(output, &byte, 1) == 1 { line.append(byte) }
    return String(decoding: line, as: UTF8.self).trimmingCharacters(in: .newlines)
  }

  /// Waits until a state of its first thread holds ("S", "T"), for ten seconds at most.
  ///
  /// Who was let go on is not where it was before the next moment: it has to get a processor first.
  public func comes(to wanted: String) -> Bool {
    for _ in 0..<1000 where state != wanted { usleep(10_000) }
    return state == wanted
  }

  /// Waits until each of its threads has slept in one system call for a twentieth of a second: whoever is looked at twice
  /// shall be the same. Gives up after five seconds, as for those that never sleep.
  public func settle() {
    var before: [String] = []
    for _ in 0..<100 {
      let folder = "/proc/\(pid)/task"
      let now = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().map { thread in
        (try? String(contentsOfFile: "\(folder)/\(thread)/syscall", encoding: .utf8)) ?? ""
      }
      if now == before, !now.isEmpty, now.allSatisfy({ $0.first?.isNumber == true }) { return }
      before = now
      usleep(50_000)
    }
  }

  /// Sends it a signal.
  public func send(_ signal: Int32) { kill(pid, signal) }

  /// Kills it now, and waits until it is gone.
  public func kill() { process.end() }

  /// Waits for its end; nil where it still runs after so many seconds.
  public func wait(timeout: Double) -> (status: Int32, signal: Int32?)? { process.wait(timeout: timeout) }

  /// The state that the kernel gives it: "S", "T", "t", "Z"; nil where it is gone.
  public var state: String? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let end = text.range(of: ") ", options: .backwards)
    else { return nil }
    return text[end.upperBound...].first.map { String($0) }
  }

  /// A core that gdb takes of it alive.
  public func gdbCore(timeout: Double = 60) throws -> String {
    let core = folder + "/core.live"
    let outcome = try run(
      ["gdb", "-nx", "-q", "-batch", "-p", "\(pid)", "-ex", "generate-core-file " + core], timeout: timeout)
    guard FileManager.default.fileExists(atPath: core) else {
      throw PreparationError("gdb took no core\n\(outcome.output)\(outcome.errors)")
    }
    return core
  }

  private func kill(_ pid: Int32, _ signal: Int32) { _ = Foundation.kill(pid, signal) }
}
