import Testing

@testable import Supervision

@Suite("/proc/locks")
struct FileLocksTests {
  private let text = """
    1: POSIX  ADVISORY  WRITE 4711 fe:00:1234 0 EOF
    1: -> POSIX  ADVISORY  WRITE 4712 fe:00:1234 0 EOF
    2: FLOCK  ADVISORY  WRITE 99 fe:00:55 0 EOF
    3: OFDLCK ADVISORY  READ  -1 fe:00:1234 0 EOF
    4: LEASE  ACTIVE    READ  7
    nonsense
    """

  @Test("tells who holds a lock, not who waits for it")
  func holders() {
    let locks = FileLocks(text: text)
    #expect(locks.holders(inode: 1234, records: true) == [4711, -1])
    #expect(locks.holders(inode: 1234, records: false) == [-1])
    #expect(locks.holders(inode: 55, records: false) == [99])
    #expect(locks.holders(inode: 55, records: true).isEmpty)
    #expect(locks.holders(inode: 1, records: true).isEmpty)
  }
}
