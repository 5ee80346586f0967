internal import Bytes
internal import Machine

/// What the kernel put at the top of the main thread's stack before the program began: argument strings,
/// pointers to them, and the auxiliary vector (Linux `fs/binfmt_elf.c`, create_elf_tables).
struct InitialStack {
  /// The arguments as the program's memory holds them now, whole.
  let arguments: [String]
  /// The address of argc.
  let start: UInt64

  /// The auxiliary vector lies below what it points to, and near: so much is searched.
  private static let searchedBytes = 65_536
  /// More pointers than this are not followed to find argc.
  private static let maximumPointers = 1 << 19
  /// The most bytes that are kept of one argument, and of all.
  private static let maximumArgument = 131_072
  private static let maximumText = 1 << 20

  /// - Parameter note: NT_AUXV, whose words also lie on the stack.
  /// - Returns: nil where the vector is not found on the stack, or what lies below it is not as the kernel made it.
  init?(_ vector: AuxiliaryVector, note: ByteView, memory: some TargetMemory) {
    let pointers = [AuxiliaryVector.random, AuxiliaryVector.executablePath].compactMap { vector[$0] }
    guard let top = pointers.min(), let vectorStart = Self.findVector(note, below: top, memory) else { return nil }
    guard let (first, count) = Self.findArguments(below: vectorStart, memory) else { return nil }
    start = first &- 8
    var arguments: [String] = []
    var total = 0
    for index in 0..<count {
      guard let pointer = memory.word(at: first &+ 8 &* index),
        let text = memory.cString(at: pointer, limit: Self.maximumArgument), total < Self.maximumText
      else { break }
      arguments.append(text.text)
      total += text.count + 1
    }
    self.arguments = arguments
  }

  /// The highest address below `top` at which the words of the vector's note lie.
  private static func findVector(_ note: ByteView, below top: UInt64, _ memory: some TargetMemory) -> UInt64? {
    let pattern = note.prefix(from: 0, atMost: 64)
    guard pattern.count == 64, let window = memory.window(containing: top &- 1) else { return nil }
    let aligned = top & ~7
    for step in 1...(searchedBytes / 8) {
      let candidate = aligned &- UInt64(step) &* 8
      guard window.contains(candidate) else { return nil }
      guard window.load(UInt64.self, at: candidate) == pattern.load(UInt64.self, at: 0) else { continue }
      if window.bytes.slice(candidate - window.start, 64)?.hasSameBytes(as: pattern) == true { return candidate }
    }
    return nil
  }

  /// Goes down from the auxiliary vector, over the environment's pointers and the zero behind them, to argc: the
  /// word that is the number of non-zero words between it and the next zero. The environment's part may hold more
  /// than one zero, since unsetenv(3) shortens it in place.
  ///
  /// - Returns: the address of the first argument's pointer, and how many there are.
  private static func findArguments(
    below vectorStart: UInt64, _ memory: some TargetMemory
  ) -> (first: UInt64, count: UInt64)? {
    guard let window = memory.window(containing: vectorStart &- 8), window.load(UInt64.self, at: vectorStart &- 8) == 0
    else { return nil }
    var run: UInt64 = 0
    for step in 2...UInt64(maximumPointers) {
      let address = vectorStart &- 8 &* step
      guard let word = window.load(UInt64.self, at: address) else { return nil }
      if word == 0 {
        run = 0
      } else if word == run, address & 15 == 0 {
        // The kernel put the strings above the vector.
        let pointers = (1...run).lazy.map { window.load(UInt64.self, at: address + 8 * $0) ?? 0 }
        return pointers.allSatisfy { $0 > vectorStart && $0 < window.end } ? (address + 8, run) : nil
      } else {
        run += 1
      }
    }
    return nil
  }
}
