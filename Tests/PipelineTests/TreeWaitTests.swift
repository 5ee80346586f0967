import Foundation
import TestSupport
import Testing

/// Processes that wait for each other, as `inquest run` and `inquest stacks` tell of them.
@Suite("Processes that wait for each other", .serialized)
struct TreeWaitTests {
  private func fixture() throws -> String {
    try Fixture.compile("tree_waits.c", with: ["gcc", "-O1", "-g"], after: ["-lpthread"])
  }

  /// What is told of the tree before its processes, after a second; empty where nothing is.
  private func verdict(_ command: [String]) throws -> String {
    let outcome = try run([CommandLine.executable, "run", "--timeout", "1s", "--"] + command, timeout: 90)
    #expect(outcome.status == 124)
    guard let start = outcome.errors.range(of: "the tree as a whole"),
      let end = outcome.errors.range(of: "WAITS between")
    else { return "" }
    // Lines are broken where the terminal ends.
    return outcome.errors[start.upperBound..<end.lowerBound].split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
  }

  @Test(
    "are told why they wait for ever, with each step",
    arguments: [
      ("reads", "deadlock, proved", "to which"), ("full-pipe", "deadlock, proved", "which is full, and which"),
      ("full-pipe-threads", "deadlock, proved", "waits for a child to end"),
      ("own-full", "self deadlock, proved", "which nobody reads but itself"),
      ("sockets", "deadlock, proved", "waits to receive from socket:"),
      ("poll", "deadlock, proved", "to become ready (poll)"),
      ("select", "deadlock, proved", "to become ready (pselect6)"),
      ("epoll", "deadlock, likely", "to become ready (epoll_wait)"),
      ("mutexes", "deadlock, proved", "in memory that it shares, which thread"),
      ("mutexes-robust", "deadlock, proved", "(normal, robust)"),
      ("owner-gone", "lock held by gone thread, likely", "nobody will give it back"),
      ("semaphores", "deadlock, proved", "in memory that it shares"),
      ("files", "deadlock, proved", "waits for a lock of /tmp/tree-waits-"),
    ])
  func stuck(mode: String, verdict: String, words: String) throws {
    let text = try self.verdict([fixture(), mode])
    #expect(text.contains("VERDICT \(verdict)"), "\(text)")
    #expect(text.contains(words), "\(text)")
  }

  @Test(
    "are not taken for stuck where something else is possible",
    arguments: [
      // Time ends it; a third one has the other end; a signal may come, whoever sends it; an end is on its way in a socket.
      ("poll-limited", ""), ("third", ""), ("alarm", "SIGALRM"), ("full-pipe-usr1", "SIGUSR1"),
      ("in-flight", "on their way in a socket"),
    ])
  func nearMisses(mode: String, doubt: String) throws {
    let text = try verdict([fixture(), mode])
    #expect(!text.contains("proved"), "\(text)")
    #expect(text.contains("VERDICT") != doubt.isEmpty, "\(text)")
    #expect(doubt.isEmpty || text.contains(doubt), "\(text)")
  }

  @Test(
    "are told of in Python",
    arguments: [
      // The child fills a pipe that nobody reads before it has ended.
      """
      import subprocess, sys
      subprocess.Popen([sys.executable, '-c', 'print("x" * 1000000)'], stdout=subprocess.PIPE).wait()
      """,
      // A queue's thread in the child does the same, and the child waits for that thread.
      """
      import multiprocessing
      queue = multiprocessing.Queue()
      child = multiprocessing.get_context("fork").Process(target=queue.put, args=("x" * 1000000,))
      child.start()
      child.join()
      """,
    ])
  func python(program: String) throws {
    let text = try verdict(["python3", "-c", program])
    #expect(text.contains("VERDICT deadlock, proved"), "\(text)")
    #expect(text.contains("waits to write to pipe:"), "\(text)")
    #expect(text.contains("communicate() instead of wait()"), "\(text)")
  }

  @Test("are looked at together by their ids, and go on as before")
  func stacks() throws {
    let program = try RunningProgram([fixture(), "full-pipe"])
    program.settle()
    let list = try String(contentsOfFile: "/proc/\(program.pid)/task/\(program.pid)/children", encoding: .utf8)
    let child = try #require(list.split(separator: " ").first.map(String.init))
    for _ in 0..<3 {
      let text = try CommandLine.inquest("stacks", "\(program.pid)", child).output
      #expect(text.contains("VERDICT   deadlock, proved"), "\(text)")
    }
    let json = try CommandLine.inquest("stacks", "--json", "\(program.pid)", child)
    #expect(json.output.split(separator: "\n").allSatisfy { $0.contains("\"hazard\":\"deadlock\"") }, "\(json.output)")
    // Alone, its child may be anybody's business.
    #expect(try !CommandLine.inquest("stacks", "\(program.pid)").output.contains("VERDICT   deadlock"))
    #expect(program.comes(to: "S"))
  }
}
