internal import Bytes
internal import Machine
internal import Targets

/// The array that `environ` points to, as the target's memory holds it.
struct EnvironmentArray {
  /// The address in the target of the variable `environ`.
  let variable: UInt64
  /// The address in the target of the array.
  let start: UInt64
  /// The addresses of its strings, without the null word at its end.
  let entries: [UInt64]
  /// How many of the entries that were looked at are strings with a name and a `=`.
  let soundEntries: Int

  /// The address of the null word at its end.
  var terminator: UInt64 { start &+ UInt64(entries.count) &* 8 }
  func contains(_ address: UInt64) -> Bool { address >= start && address <= terminator }

  /// More entries than any program has.
  static let mostEntries = 65_536

  /// - Returns: nil where `environ` is found in no module, or it points to no array that ends with a null word.
  init?(in investigation: Investigation) {
    let names = ["environ", "__environ", "_environ"]
    // A program's own copy (R_X86_64_COPY) comes before libc's. A variable of that name which it does not show to libc is
    // none.
    let library = investigation.libraryModule
    let variables = (library == 0 ? [0] : [0, library]).compactMap { $0 }.compactMap { module in
      let found =
        module == library || library == nil
        ? investigation.names.addresses(ofSymbols: names, inModule: module)
        : investigation.names.exports(of: names, inModule: module)
      return names.lazy.compactMap { found[$0] }.first
    }
    let memory = investigation.memory
    for variable in variables {
      guard let start = memory.word(at: variable), start != 0, start % 8 == 0 else { continue }
      var entries: [UInt64] = []
      var address = start
      while entries.count < Self.mostEntries, let word = memory.word(at: address), word != 0 {
        entries.append(word)
        address &+= 8
      }
      guard memory.word(at: address) == 0 else { continue }
      self.variable = variable
      self.start = start
      self.entries = entries
      soundEntries = entries.count { Self.name(at: $0, memory) != nil }
      return
    }
    return nil
  }

  /// Whether the array is what it should be: nearly all entries are `NAME=value`. The first two need not be: malloc
  /// writes over them when it frees the array.
  var isSound: Bool {
    !entries.isEmpty && (soundEntries * 10 >= entries.count * 9 || soundEntries >= max(4, entries.count - 2))
  }

  /// The variable's name of the string at `address`; nil where it is none. Values are never read out: they may
  /// be secrets.
  static func name(at address: UInt64, _ memory: any TargetMemory) -> String? {
    let bytes = memory.readPrefix(address, 256).array
    guard let end = bytes.firstIndex(of: UInt8(ascii: "=")), end > 0,
      bytes[..<end].allSatisfy({ $0 > 0x20 && $0 < 0x7f })
    else { return nil }
    return String(decoding: bytes[..<end], as: UTF8.self)
  }
}

/// Words in memory that are entries of the present environment, in the same order: an earlier copy of it. A word counts
/// where it is the same address, or that of a string for the same variable (which has been set again since).
struct StaleEnvironment {
  /// Where the earlier array began, an address in the target.
  let start: UInt64
  /// How many words equal the present array's at the same place in it.
  let matches: Int
  /// The first run of equal words: the index in the array, and how many.
  let longestRun: Range<Int>

  /// Looks for an earlier copy that `pointer` is in, or right behind.
  ///
  /// Each word around it that is an entry of the present array says where its copy would have begun; the beginning
  /// that most agree on is it. Other copies, which `pointer` is not in, do not count.
  /// - Returns: nil where fewer than three words in a row agree, or they lie in the present array.
  init?(around pointer: UInt64, of present: EnvironmentArray, _ memory: any TargetMemory) {
    let reach = UInt64(present.entries.count + 64) &* 8
    let low = pointer >= reach ? pointer - reach : 0
    let positions = Positions(present, memory)
    var votes: [UInt64: Int] = [:]
    var words: [(address: UInt64, position: Int)] = []
    var address = low & ~7
    let high = pointer &+ reach
    while address < high {
      guard let window = memory.window(containing: address) else {
        address = (address &+ 4096) & ~4095
        if address == 0 { break }
        continue
      }
      while address < high, let word = window.load(UInt64.self, at: address) {
        if let position = positions.position(of: word), !present.contains(address) {
          let start = address &- UInt64(position) &* 8
          // Its own null word is the last that can have been read; two more for a walk that missed it.
          if start <= pointer, (pointer - start) / 8 <= UInt64(present.entries.count) + 2 {
            votes[start, default: 0] += 1
            words.append((address, position))
          }
        }
        address &+= 8
      }
      if address < high, address < window.end { address = window.end }
    }
    guard let best = votes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }), best.value >= 3 else { return nil }
    let agreeing = words.filter { $0.address &- UInt64($0.position) &* 8 == best.key }.map(\.position).sorted()
    var longest = 0..<0
    var run = agreeing[0]..<agreeing[0]
    for position in agreeing {
      run = position == run.upperBound ? run.lowerBound..<position + 1 : position..<position + 1
      if run.count > longest.count { longest = run }
    }
    guard longest.count >= 3 else { return nil }
    start = best.key
    matches = best.value
    longestRun = longest
  }
}

/// Where in the present array an entry, or one for the same variable, stands.
private struct Positions {
  private var byAddress: [UInt64: Int] = [:]
  private var byName: [String: Int] = [:]
  private let memory: any TargetMemory

  init(_ present: EnvironmentArray, _ memory: any TargetMemory) {
    self.memory = memory
    for (position, entry) in present.entries.enumerated() {
      if byAddress[entry] == nil { byAddress[entry] = position }
      if let name = EnvironmentArray.name(at: entry, memory), byName[name] == nil { byName[name] = position }
    }
  }

  func position(of word: UInt64) -> Int? {
    if let position = byAddress[word] { return position }
    guard word >= 65_536, memory.load(UInt8.self, at: word) != nil else { return nil }
    return EnvironmentArray.name(at: word, memory).flatMap { byName[$0] }
  }
}
