import TestSupport
import Testing

@testable import Supervision

@Suite("Pipes of processes that are looked at")
struct FileOriginsTests {
  /// What a program and its child have open.
  private func tables(_ text: String) throws -> (RunningProgram, [Int32: DescriptorTable], child: Int32) {
    let program = try RunningProgram(["python3", "-c", text])
    program.settle()
    let child = try #require(ProcessChildren.all(of: program.pid).first)
    let processes = [program.pid, child]
    return (program, Dictionary(uniqueKeysWithValues: processes.map { ($0, DescriptorTable(of: $0)) }), child)
  }

  /// The child ends with its parent.
  private let fork = """
    import os, signal
    (r, w), (alive, life) = os.pipe(), os.pipe()
    os.dup2(w, 99)
    if os.fork() == 0: os.close(life), os.read(alive, 1), os._exit(0)
    print("ready", flush=True)
    signal.pause()
    """

  @Test("are their own where their parents cannot have made them")
  func own() throws {
    let (program, tables, child) = try tables(fork)
    let pipe = try #require(tables[program.pid]?.entries[99])
    #expect(pipe.hasPrefix("pipe:["))
    #expect(FileOrigins(tables, peers: [:]).isWithin(pipe))
    // The child alone has it from its parent.
    #expect(!FileOrigins([child: try #require(tables[child])], peers: [:]).isWithin(pipe))
  }

  @Test("may be anybody's as standard streams, with paths, and where a socket leads out")
  func others() throws {
    let (program, tables, _) = try tables(fork)
    let pipe = try #require(tables[program.pid]?.entries[99])
    for stream: Int32 in 0...2 {
      let target = try #require(tables[program.pid]?.entries[stream])
      #expect(!FileOrigins(tables, peers: [:]).isWithin(target))
    }
    #expect(!FileOrigins(tables, peers: [:]).isWithin("/tmp/fifo"))

    let (other, withSocket, _) = try self.tables(
      "import os, socket\na, b = socket.socketpair(); os.dup2(a.fileno(), 97), os.dup2(b.fileno(), 98)\n" + fork)
    let sockets = try (97...98).map { (descriptor: Int32) in
      let target = try #require(withSocket[other.pid]?.entries[descriptor])
      return try #require(UInt64(target.dropFirst(8).dropLast()))
    }
    let own = try #require(withSocket[other.pid]?.entries[99])
    let pair = [sockets[0]: sockets[1], sockets[1]: sockets[0]]
    #expect(FileOrigins(withSocket, peers: pair).isWithin(own))
    #expect(FileOrigins(withSocket, peers: pair).isWithin("socket:[\(sockets[0])]"))
    #expect(!FileOrigins(withSocket, peers: [sockets[0]: 1]).isWithin(own))
    #expect(pipe != own)
  }
}
