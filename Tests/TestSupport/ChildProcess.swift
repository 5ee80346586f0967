import Foundation

/// A program that a test started.
///
/// Not Foundation's `Process`: before it starts anything it copies 256 bytes of each name in /proc/self/fd
/// (`findMaximumOpenFromProcSelfFD`, Swift 6.3), past the end of what was allocated, which kills the tests now and then.
final class ChildProcess {
  let identifier: pid_t
  private var end: (status: Int32, signal: Int32?)?

  /// Starts a program, found through PATH, with nothing to read, and no signal blocked or ignored.
  ///
  /// - Parameters:
  ///   - output, errors: where it writes; nil leaves it ours.
  ///   - environment: added to this process's environment.
  init(
    _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:], output: Int32? = nil,
    errors: Int32? = nil
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    if let output { posix_spawn_file_actions_adddup2(&actions, output, 1) }
    if let errors { posix_spawn_file_actions_adddup2(&actions, errors, 2) }
    // What other tests have open at this moment is not the program's: its own descriptors begin with 3. glibc minds only
    // those that could not be open.
    for descriptor: Int32 in 3..<256 { posix_spawn_file_actions_addclose(&actions, descriptor) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Tests run on threads that block every signal, and a program inherits that: its handlers would never be called.
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
    let words = (["env"] + (directory.map { ["-C", $0] } ?? []) + arguments).map { strdup($0) } + [nil]
    let values = variables.map { strdup($0) } + [nil]
    defer { (words + values).forEach { free($0) } }
    var child: pid_t = 0
    var error: Int32 = EAGAIN
    // A machine that is full of threads for a moment is no reason to fail.
    for _ in 0..<50 where error == EAGAIN {
      error = posix_spawn(&child, "/usr/bin/env", &actions, &attributes, words, values)
      if error == EAGAIN { usleep(100_000) }
    }
    guard error == 0 else {
      throw PreparationError("cannot start \(arguments.joined(separator: " ")): \(String(cString: strerror(error)))")
    }
    identifier = child
  }

  /// Waits for its end; nil where it still runs after so many seconds.
  func wait(timeout: Double = .infinity) -> (status: Int32, signal: Int32?)? {
    if let end { return end }
    let start = DispatchTime.now().uptimeNanoseconds
    var pause: UInt32 = 500
    while true {
      var status: Int32 = 0
      if waitpid(identifier, &status, WNOHANG) == identifier {
        let signal = status & 0x7f
        end = signal == 0 ? (status >> 8 & 0xff, nil) : (signal, signal)
        return end
      }
      if Double(DispatchTime.now().uptimeNanoseconds - start) > timeout * 1e9 { return nil }
      usleep(pause)
      pause = min(pause * 2, 20_000)
    }
  }

  /// Ends it, if it runs, and waits for that.
  func end(by signal: Int32 = SIGKILL) {
    guard end == nil else { return }
    kill(identifier, signal)
    _ = wait()
  }
}
