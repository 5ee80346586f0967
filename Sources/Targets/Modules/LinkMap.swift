internal import Bytes
internal import ELF
internal import Machine

/// The dynamic linker's list of what it loaded: `struct r_debug` and `struct link_map` (glibc `elf/link.h`,
/// musl `include/link.h`), read from the target's memory.
struct LinkMap {
  struct Entry {
    /// l_addr: the module's bias.
    let bias: UInt64
    /// l_name; empty for the executable.
    let name: String
    /// l_ld: the address of its dynamic section; 0 where it has none.
    let dynamic: UInt64
  }

  private(set) var entries: [Entry] = []
  /// Whether the list could not be followed to its end: it is not readable, too long, or runs in a circle.
  private(set) var isCut = false

  /// More modules than any process has.
  private static let maximumEntries = 4096
  /// More namespaces than dlmopen(3) can make (16).
  private static let maximumNamespaces = 64
  private static let maximumName = 4096

  /// - Parameter debug: the address of `struct r_debug`. Where its r_version is 2 or more, more of them follow, one
  ///   for each namespace of dlmopen(3) (glibc 2.35).
  init(at debug: UInt64, memory: some TargetMemory) {
    var debug = debug
    var seen: Set<UInt64> = []
    for _ in 0..<Self.maximumNamespaces {
      guard let version = memory.load(Int32.self, at: debug), version >= 1, version < 16,
        let first = memory.word(at: debug &+ 8)
      else {
        isCut = true
        return
      }
      follow(first, memory, &seen)
      guard version >= 2, let next = memory.word(at: debug &+ 40), next != 0, seen.insert(next).inserted else { return }
      debug = next
    }
  }

  private mutating func follow(_ first: UInt64, _ memory: some TargetMemory, _ seen: inout Set<UInt64>) {
    var address = first
    while address != 0 {
      guard entries.count < Self.maximumEntries, seen.insert(address).inserted,
        let bias = memory.word(at: address), let name = memory.word(at: address &+ 8),
        let dynamic = memory.word(at: address &+ 16), let next = memory.word(at: address &+ 24)
      else {
        isCut = true
        return
      }
      let text = memory.cString(at: name, limit: Self.maximumName)?.text ?? ""
      entries.append(Entry(bias: bias, name: text, dynamic: dynamic))
      address = next
    }
  }
}
