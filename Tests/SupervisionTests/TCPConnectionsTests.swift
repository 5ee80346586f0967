import Testing

@testable import Supervision

@Suite("/proc/net/tcp")
struct TCPConnectionsTests {
  private let head =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

  private func line(_ local: String, _ remote: String, _ state: String, _ inode: Int, queue: String = "00000000")
    -> String
  {
    "   0: \(local) \(remote) \(state) \(queue):00000000 00:00000000 00000000     0        0 \(inode) 1 0000 100\n"
  }

  /// 127.0.0.1:80 and 127.0.0.1:40000.
  private let server = "0100007F:0050"
  private let client = "0100007F:9C40"
  private let mapped = "0000000000000000FFFF00000100007F:0050"
  private let loopback6 = "00000000000000000000000001000000"

  @Test("tells a connection's other end, from both of them")
  func ends() throws {
    let table = TCPConnections(texts: [head + line(server, client, "01", 7) + line(client, server, "01", 8)])
    let one = try #require(table.connection(of: 7))
    #expect(one.end == .socket(8) && !one.isOnItsWay)
    #expect(one.text == "TCP 127.0.0.1:80 to 127.0.0.1:40000")
    #expect(table.connection(of: 8)?.end == .socket(7))
  }

  @Test("takes IPv4 addresses written as IPv6 for what they are")
  func mappedAddresses() {
    let other = "0000000000000000FFFF00000100007F:9C40"
    let table = TCPConnections(texts: [head + line(client, server, "01", 8), head + line(mapped, other, "01", 7)])
    #expect(table.connection(of: 8)?.end == .socket(7))
    #expect(table.connection(of: 7)?.end == .socket(8))
  }

  @Test("writes IPv6 addresses")
  func addresses6() {
    let (one, two) = (loopback6 + ":0050", loopback6 + ":9C40")
    let table = TCPConnections(texts: ["", head + line(one, two, "01", 7) + line(two, one, "01", 8)])
    #expect(table.connection(of: 7)?.text == "TCP [::1]:80 to [::1]:40000")
    // 2001:db8::1 with itself.
    let (three, four) = ("B80D0120000000000000000001000000:0050", "B80D0120000000000000000001000000:9C40")
    let far = TCPConnections(texts: [head + line(three, four, "01", 7) + line(four, three, "01", 8)])
    #expect(far.connection(of: 7)?.text.hasPrefix("TCP [2001:0db8:0000:0000:0000:0000:0000:0001]:80 to") == true)
  }

  @Test("tells what is on its way")
  func onItsWay() {
    let table = TCPConnections(
      texts: [head + line(server, client, "01", 7, queue: "00000010") + line(client, server, "01", 8)])
    #expect(table.connection(of: 8)?.isOnItsWay == true)
    #expect(table.connection(of: 7)?.isOnItsWay == false)
  }

  @Test("tells who can accept a connection that nobody has accepted: any that listens there")
  func listeners() {
    let any = "00000000:0050"
    let all6 = "00000000000000000000000000000000:0050"
    let elsewhere = "0200007F:0050"
    let table = TCPConnections(
      texts: [
        head + line(server, "00000000:0000", "0A", 5) + line(any, "00000000:0000", "0A", 4)
          + line(elsewhere, "00000000:0000", "0A", 3) + line("0100007F:0051", "00000000:0000", "0A", 2)
          + line(server, client, "01", 0) + line(client, server, "01", 8),
        head + line(all6, "00000000000000000000000000000000:0000", "0A", 6),
      ])
    #expect(table.connection(of: 8)?.end == .listeners([4, 5, 6]))
    // One that listens is no connection.
    #expect(table.connection(of: 5) == nil)
  }

  @Test(
    "says nothing where the other end is not known for certain",
    arguments: [
      // It is not here; it was closed (FIN_WAIT2); only its last state is left (TIME_WAIT).
      "", "0100007F:0050 0100007F:9C40 05 0", "0100007F:0050 0100007F:9C40 06 0",
      // Nobody listens there; another port; another address, as of a connection that is translated.
      "0100007F:0050 0100007F:9C40 01 0", "0100007F:0051 0100007F:9C40 01 7", "0200007F:0050 0100007F:9C40 01 7",
      "nonsense", "0100007F 0100007F:9C40 01 7", "0100007F:0050 0100007F:9C40 01 99999999999999999999999",
    ])
  func unknown(other: String) {
    let words = other.split(separator: " ").map(String.init)
    let second =
      words.count == 4
      ? "   1: \(words[0]) \(words[1]) \(words[2]) 00000000:00000000 00:00000000 00000000 0 0 \(words[3]) 1\n" : other
    let table = TCPConnections(texts: [head + line(client, server, "01", 8) + second])
    #expect(table.connection(of: 8) == nil)
    #expect(table.connection(of: 99) == nil)
  }

  @Test("says nothing of connections between this host's network addresses, or of two that look alike")
  func elsewhere() {
    let (one, two) = ("0100A8C0:0050", "0200A8C0:9C40")
    let far = TCPConnections(texts: [head + line(one, two, "01", 7) + line(two, one, "01", 8)])
    #expect(far.connection(of: 7) == nil)
    #expect(far.text(of: 7) == "TCP 192.168.0.1:80 to 192.168.0.2:40000")
    let twice = TCPConnections(
      texts: [head + line(server, client, "01", 7) + line(client, server, "01", 8) + line(client, server, "01", 9)])
    #expect(twice.connection(of: 7) == nil)
  }
}

@Suite("System V semaphores")
struct SemaphoreSetTests {
  private let set = SemaphoreSet(id: 1, hasKey: false, values: [0, 2], lastProcesses: [0, 0])

  private func blocked(_ operations: [(UInt16, Int16)]) -> UInt16? {
    set.blocked(operations.map { SemaphoreSet.Operation(number: $0.0, change: $0.1) })?.number
  }

  @Test("make wait who takes more than there is, or waits for zero where there is something")
  func waits() {
    #expect(blocked([(0, -1)]) == 0)
    #expect(blocked([(1, -3)]) == 1)
    #expect(blocked([(1, 0)]) == 1)
    #expect(blocked([(1, -1), (0, -1)]) == 0)
    #expect(blocked([(0, .min)]) == 0)
  }

  @Test("make nobody wait otherwise; what cannot be told is nothing")
  func near() {
    #expect(blocked([]) == nil)
    #expect(blocked([(0, 0)]) == nil)
    #expect(blocked([(1, -2)]) == nil)
    #expect(blocked([(0, 1)]) == nil)
    // The first makes room for the second.
    #expect(blocked([(0, 1), (0, -1)]) == nil)
    #expect(blocked([(2, -1)]) == nil)
  }
}
