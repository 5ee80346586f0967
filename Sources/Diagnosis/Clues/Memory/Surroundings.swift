internal import Bytes
internal import Machine
internal import Targets

/// What the program was started with: its arguments, its environment, the folder it was started in.
struct Surroundings {
  /// The arguments, the program's own name first.
  let arguments: [String]
  /// Where the pointers to arguments and environment lie in the target: they lead to everything the program was told,
  /// whatever it is doing.
  let vectors: Range<UInt64>
  /// Where the arguments' strings lie in the target.
  let argumentTexts: Range<UInt64>
  /// Where the strings of the environment lie in the target.
  let environmentTexts: Range<UInt64>
  /// The folder that the variable PWD names, without a slash at its end; it may be where a parent was started.
  let workingFolder: String?

  private static let mostVariables = 4096

  init(_ target: any Target) {
    arguments = target.process.arguments
    let memory = target.memory
    guard let start = target.process.argumentVector else {
      (vectors, argumentTexts, environmentTexts, workingFolder) = (0..<0, 0..<0, 0..<0, nil)
      return
    }
    let environment = start &+ UInt64(arguments.count) &* 8 &+ 8
    var folder: String?
    var lowest = UInt64.max
    var highest: UInt64 = 0
    var address = environment
    for _ in 0..<Self.mostVariables {
      guard let pointer = memory.word(at: address), pointer != 0 else { break }
      lowest = min(lowest, pointer)
      highest = max(highest, pointer)
      if folder == nil, memory.readPrefix(pointer, 4).equals("PWD=") {
        folder = memory.cString(at: pointer &+ 4)?.text
      }
      address &+= 8
    }
    // Below them the kernel puts their number, which the first code of a program gets the address of.
    vectors = start &- 8..<max(start &- 8, address)
    workingFolder = folder.flatMap { $0.hasPrefix("/") && $0.utf8.count > 1 ? $0.withoutLastSlash : nil }
    // The kernel puts the arguments' strings right below the environment's, and the executable's path above.
    let first = memory.word(at: start) ?? 0
    let end = target.auxiliaryVector[AuxiliaryVector.executablePath] ?? highest
    if lowest < .max, first < lowest {
      (argumentTexts, environmentTexts) = (first..<lowest, lowest..<max(lowest, max(highest, end)))
    } else {
      (argumentTexts, environmentTexts) = (first..<max(first, end), 0..<0)
    }
  }
}

extension String {
  /// The path of a folder without the slash that it may end in.
  var withoutLastSlash: String { utf8.count > 1 && hasSuffix("/") ? String(dropLast()) : self }
}
