internal import Processes

/// The TCP connections of a network namespace of which both ends are in it: `/proc/PID/net/tcp` and `tcp6` (proc_pid_net(5)).
struct TCPConnections {
  /// An address and a port.
  struct Endpoint: Hashable {
    /// As the kernel writes it: words of 32 bits in the host's order, as hexadecimal digits. IPv4 addresses that are written
    /// as IPv6 are IPv4 here.
    let address: Substring
    let port: UInt16

    /// Nothing between such and itself forwards, translates or loses packets.
    var isLoopback: Bool {
      address.count == 8 ? address.hasSuffix("7F") : address == "00000000000000000000000001000000"
    }
    var isAny: Bool { address.allSatisfy { $0 == "0" } }
  }

  /// The other end of a connection.
  enum OtherEnd: Equatable {
    /// A socket that somebody has, by its inode.
    case socket(UInt64)
    /// Nobody has accepted the connection yet: sockets that listen there, one of which can.
    case listeners([UInt64])
  }

  /// A connection, seen from one of its ends.
  struct Connection: Equatable {
    let end: OtherEnd
    /// Whether something that the other end has sent is on its way.
    let isOnItsWay: Bool
    /// "TCP 127.0.0.1:40000 to 127.0.0.1:80".
    let text: String
  }

  /// What is said of a connection that still waits at its listener.
  static let unaccepted = "not accepted yet"

  private struct Entry {
    let local: Endpoint
    let remote: Endpoint
    let state: UInt8
    let unacknowledged: UInt64
    let inode: UInt64
  }

  private struct Ends: Hashable {
    let local: Endpoint
    let remote: Endpoint
  }

  /// States of `include/net/tcp_states.h`.
  private static let established: UInt8 = 1, synReceived: UInt8 = 3, timeWait: UInt8 = 6, closeWait: UInt8 = 8,
    listens: UInt8 = 10, newSynReceived: UInt8 = 12

  private var byInode: [UInt64: Entry] = [:]
  private var byEnds: [Ends: [Entry]] = [:]
  private var listeners: [UInt16: [Entry]] = [:]

  /// Those of a process's namespace.
  init(of process: Int32) {
    self.init(texts: ["tcp", "tcp6"].compactMap { ProcFile.text("/proc/\(process)/net/\($0)") })
  }

  /// "  0: 0100007F:1F90 0100007F:A2C8 01 00000000:00000000 00:00000000 00000000  0  0 4711 …".
  init(texts: [String]) {
    for line in texts.joined(separator: "\n").split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 10, omittingEmptySubsequences: true)
      guard words.count >= 10, let local = Self.endpoint(words[1]), let remote = Self.endpoint(words[2]),
        let state = UInt8(words[3], radix: 16),
        let unacknowledged = words[4].split(separator: ":").first.flatMap({ UInt64($0, radix: 16) }),
        let inode = UInt64(words[9])
      else { continue }
      let entry = Entry(local: local, remote: remote, state: state, unacknowledged: unacknowledged, inode: inode)
      if inode != 0 { byInode[inode] = entry }
      if state == Self.listens {
        listeners[local.port, default: []].append(entry)
      } else if state != Self.timeWait {
        byEnds[Ends(local: local, remote: remote), default: []].append(entry)
      }
    }
  }

  private static func endpoint(_ word: Substring) -> Endpoint? {
    let parts = word.split(separator: ":")
    guard parts.count == 2, parts[0].count == 8 || parts[0].count == 32, let port = UInt16(parts[1], radix: 16) else {
      return nil
    }
    let isMapped = parts[0].count == 32 && parts[0].hasPrefix("0000000000000000FFFF0000")
    return Endpoint(address: isMapped ? parts[0].suffix(8) : parts[0], port: port)
  }

  /// The connection of a socket; nil where it has none, or its other end is not known for certain: on another host or in
  /// another namespace, or behind an address that is translated.
  func connection(of inode: UInt64) -> Connection? {
    guard let own = byInode[inode], own.state != Self.listens,
      own.local.address == own.remote.address || own.local.isLoopback && own.remote.isLoopback,
      let others = byEnds[Ends(local: own.remote, remote: own.local)], others.count == 1, let other = others.first
    else { return nil }
    let text = "TCP \(Self.text(own.local)) to \(Self.text(own.remote))"
    if other.inode != 0 {
      return Connection(end: .socket(other.inode), isOnItsWay: other.unacknowledged > 0, text: text)
    }
    // A socket without an inode is nobody's: not accepted yet, or closed already.
    guard [Self.established, Self.synReceived, Self.closeWait, Self.newSynReceived].contains(other.state) else {
      return nil
    }
    let waiting = (listeners[own.remote.port] ?? []).filter {
      $0.local.isAny || $0.local.address == own.remote.address
    }.map(\.inode)
    guard !waiting.isEmpty, !waiting.contains(0) else { return nil }
    return Connection(
      end: .listeners(waiting.sorted()), isOnItsWay: other.unacknowledged > 0,
      text: "\(text), \(Self.unaccepted)")
  }

  /// "TCP 127.0.0.1:40000 to 10.0.0.1:80", wherever its other end is; nil for one that has no connection.
  func text(of inode: UInt64) -> String? {
    guard let own = byInode[inode], own.state != Self.listens else { return nil }
    return "TCP \(Self.text(own.local)) to \(Self.text(own.remote))"
  }

  /// "127.0.0.1:80", "[::1]:80".
  private static func text(_ end: Endpoint) -> String {
    if end.address == "00000000000000000000000001000000" { return "[::1]:\(end.port)" }
    let digits = Array(end.address)
    let bytes = stride(from: 0, to: digits.count, by: 8).flatMap { word in
      [6, 4, 2, 0].map { String(digits[(word + $0)..<(word + $0 + 2)]) }
    }
    if bytes.count == 4 { return bytes.map { "\(UInt8($0, radix: 16) ?? 0)" }.joined(separator: ".") + ":\(end.port)" }
    let groups = stride(from: 0, to: bytes.count, by: 2).map { (bytes[$0] + bytes[$0 + 1]).lowercased() }
    return "[\(groups.joined(separator: ":"))]:\(end.port)"
  }
}
