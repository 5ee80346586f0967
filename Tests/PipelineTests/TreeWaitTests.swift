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
    try self.text(command).verdict
  }

  /// What is told before the processes, and who waits for whom.
  private func text(_ command: [String]) throws -> (verdict: String, waits: String) {
    try text(outer: [CommandLine.executable, "run", "--timeout", "1s", "--"] + command)
  }

  private func text(outer command: [String]) throws -> (verdict: String, waits: String) {
    let outcome = try run(command, timeout: 90)
    #expect(outcome.status == 124)
    // System V objects outlive those who made them: the fixture prints their numbers.
    for line in outcome.output.split(separator: "\n") where line.hasPrefix("-") {
      #expect(try run(["ipcrm"] + line.split(separator: " ").map(String.init)).status == 0)
    }
    func words(_ text: Substring) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    let waits = outcome.errors.range(of: "WAITS between processes").map { range in
      words(outcome.errors[range.upperBound...])
    }
    guard let start = outcome.errors.range(of: "the tree as a whole"),
      let end = outcome.errors.range(of: "WAITS between")
    else { return ("", waits ?? "") }
    // Lines are broken where the terminal ends.
    return (words(outcome.errors[start.upperBound..<end.lowerBound]), waits ?? "")
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
      ("tcp", "deadlock, proved", "TCP 127.0.0.1:"), ("tcp6", "deadlock, proved", "TCP [::1]:"),
      ("tcp-mapped", "deadlock, proved", "TCP 127.0.0.1:"),
      ("tcp-full", "deadlock, likely", "which is full, and which"),
      ("tcp-unaccepted", "deadlock, proved", "would have to accept"),
      ("tcp-self", "self deadlock, proved", "which nobody can accept but itself"),
      ("eventfd", "deadlock, likely", "waits to read from eventfd:["),
      ("eventfd-own", "self deadlock, likely", "to which nobody can write but itself"),
      ("pidfd", "deadlock, proved", "(anon_inode:[pidfd]) to become ready (poll), which is up to"),
      ("sysv", "deadlock, likely", "waits for System V semaphore 1 of set"),
      ("messages", "deadlock, likely", "waits to receive from System V message queue"),
      ("messages-full", "deadlock, likely", "waits to send to System V message queue"),
      ("queues", "deadlock", "waits to receive from message queue /tree-waits-"),
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
    "are told what they wait for, without a verdict, where others can end it",
    arguments: [
      // A third one has it too; a time limit; a key by which anybody may find it; who sends a signal nobody knows.
      ("tcp-third", "waits to receive from socket:["), ("tcp-timed", "waits to receive from socket:["),
      ("eventfd-third", "waits to read from eventfd:["), ("pidfd-third", "(anon_inode:[pidfd]) to become ready (poll)"),
      ("sysv-key", "waits for System V semaphore 1 of set"), ("sysv-third", "waits for System V semaphore 1 of set"),
      ("messages-third", "waits to receive from System V message queue"),
      ("queues-third", "waits to receive from message queue /tree-waits-"), ("signalfd", "waits for a signal"),
      ("ring", "waits for what it has asked io_uring for"),
    ])
  func othersCanEnd(mode: String, words: String) throws {
    let text = try text([fixture(), mode])
    #expect(text.verdict.isEmpty, "\(text.verdict)")
    #expect(text.waits.contains(words), "\(text.waits)")
  }

  @Test("are not taken for stuck where somebody who is not of the tree can accept a connection")
  func outsideListener() throws {
    let inner = """
      import os, socket, sys
      if os.fork() == 0: socket.create_connection(("127.0.0.1", int(sys.argv[1]))).recv(1); os._exit(0)
      os.wait()
      """
    // It has the listener as well as the tree, which has inherited it.
    let outer = """
      import socket, subprocess, sys
      server = socket.create_server(("127.0.0.1", 0))
      server.set_inheritable(True)
      command = sys.argv[1:] + [str(server.getsockname()[1])]
      sys.exit(subprocess.run(command, close_fds=False).returncode)
      """
    let command = [CommandLine.executable, "run", "--timeout", "1s", "--", "python3", "-c", inner]
    let text = try text(outer: ["python3", "-c", outer] + command)
    #expect(text.verdict.isEmpty, "\(text.verdict)")
    #expect(text.waits.contains("not accepted yet) -> python3"), "\(text.waits)")
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
    // Python takes its time to begin.
    let text = try text(outer: [CommandLine.executable, "run", "--stall", "1s", "--", "python3", "-c", program]).verdict
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
