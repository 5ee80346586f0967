internal import Bytes
internal import Disassembly
internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// The code that was walking the environment when it faulted, and its walk pointer.
struct Walker {
  /// The DWARF number of the register that holds the walk pointer, and its frame.
  let register: Int
  let frame: Frame
  /// What the register holds: ``pointer``, or that less or more an entry.
  let value: UInt64
  /// An address in the target: of the word that was read last, or could not be read.
  let pointer: UInt64
  /// The word that was read there and taken for the address of a string; nil where the array itself was unreadable.
  /// Memory may hold another by now: other threads ran on until the dump.
  let entry: UInt64?
  /// The function's name.
  let function: String
  /// Whether the function is one of libc's that walk `environ` and nothing else.
  let isLibrary: Bool

  /// How many frames may lie between the walker and the fault: `strncmp` and the like.
  private static let deepest = 4
  /// How far into a string a comparison may have come.
  private static let longestName: UInt64 = 4096
  /// strlen and its kin read whole vectors, from before the string's first byte.
  private static let widestVector: UInt64 = 64

  /// Finds a register, in the innermost frames, that points to the word which the faulting address came from.
  ///
  /// The relation, not the register's name, decides: so it holds for any libc and any compiler.
  init?(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis, _ present: EnvironmentArray) {
    guard let pointer = Self.suspect(fault, crash) else { return nil }
    let memory = investigation.memory
    let frames = Array(crash.walk.frames.prefix(Self.deepest))
    let names = investigation.rawNames(of: frames)
    for (depth, frame) in frames.enumerated() {
      guard
        let registers = depth == 0
          ? crash.registers : investigation.stacks.registers(ofFrame: frame.number, from: crash.registers)
      else { break }
      let isLibrary = Self.libraryWalkers.contains(names[depth])
      func walker(_ register: Int, _ at: UInt64, _ entry: UInt64?) -> Walker {
        Walker(
          register: register, value: registers[register] ?? at, frame: frame, pointer: at, entry: entry,
          function: investigation.function(frame.lookupAddress), isLibrary: isLibrary)
      }
      for register in 0..<min(RegisterSet.capacity, investigation.architecture.instructionPointerRegister) {
        guard register != investigation.architecture.stackPointerRegister, let value = registers[register],
          value % 8 == 0
        else { continue }
        // Just read; or read, and the pointer moved on already.
        for candidate in [value, value &- 8] {
          guard let word = memory.word(at: candidate), word != 0,
            pointer &- word &+ Self.widestVector < Self.longestName,
            !Self.isInFrame(candidate, frames, crash, investigation)
          else { continue }
          guard isLibrary || StaleEnvironment(around: candidate, of: present, memory) != nil else { continue }
          let found = walker(register, candidate, word)
          // A register that the callee did not touch is its caller's: the walker is whoever has it outermost.
          if let caller = Self.caller(of: found, holding: value, frames, names, crash, investigation) {
            self = caller
          } else {
            self = found
          }
          return
        }
        // The array itself was gone: it is a whole word that could not be read. (It may be mapped again by now.)
        if isLibrary, depth == 0, pointer % 8 == 0, fault.faulting?.access.size == 8,
          fault.faulting?.access.base == register
        {
          self = walker(register, pointer, nil)
          return
        }
      }
    }
    // The word has changed since. In a function that walks nothing else, the instructions tell the register.
    guard let innermost = frames.first, Self.libraryWalkers.contains(names[0]),
      let base = fault.faulting?.access.base, let entry = crash.registers[base],
      let register = Self.source(of: base, in: innermost, investigation), let value = crash.registers[register],
      value % 8 == 0, !Self.isInFrame(value, frames, crash, investigation), memory.word(at: value) != nil
    else { return nil }
    self = Walker(
      register: register, value: value, frame: innermost, pointer: value, entry: entry,
      function: investigation.function(innermost.lookupAddress), isLibrary: true)
  }

  /// The same walk pointer as the frames further out have it, where they do.
  private static func caller(
    of walker: Walker, holding value: UInt64, _ frames: [Frame], _ names: [String], _ crash: Crash,
    _ investigation: Investigation
  ) -> Walker? {
    var found: Walker?
    for (depth, frame) in frames.enumerated() where frame.number > walker.frame.number {
      guard let registers = investigation.stacks.registers(ofFrame: frame.number, from: crash.registers),
        registers[walker.register] == value
      else { break }
      found = Walker(
        register: walker.register, value: walker.value, frame: frame, pointer: walker.pointer, entry: walker.entry,
        function: investigation.function(frame.lookupAddress), isLibrary: libraryWalkers.contains(names[depth]))
    }
    return found
  }

  /// The register that `loaded` is loaded through, where all loads of it in the function agree on it.
  private static func source(of loaded: Int, in frame: Frame, _ investigation: Investigation) -> Int? {
    let symbol = investigation.names.resolve([frame.lookupAddress]).first?.symbol
    guard let start = frame.functionStart != 0 ? frame.functionStart : symbol?.address, start <= frame.pc else {
      return nil
    }
    let code = investigation.memory.readPrefix(start, Int(min(frame.pc - start, 4032)) + 64)
    let loads = investigation.disassembler.instructions(from: start, code, count: 512).compactMap { instruction in
      let access = instruction.accesses.first
      let isStack = access?.base == investigation.architecture.stackPointerRegister
      return instruction.writes(loaded) && access?.direction == .read && access?.index == nil && access?.size == 8
        && !isStack && access?.base != loaded ? access?.base : nil
    }
    return Set(loads).count == 1 ? loads.first : nil
  }

  private init(
    register: Int, value: UInt64, frame: Frame, pointer: UInt64, entry: UInt64?, function: String, isLibrary: Bool
  ) {
    (self.register, self.value, self.frame, self.pointer, self.entry) = (register, value, frame, pointer, entry)
    (self.function, self.isLibrary) = (function, isLibrary)
  }

  /// The address that faulted, whole: for a non-canonical one the kernel tells none. Null was never taken from
  /// an array that ends at null.
  private static func suspect(_ fault: FaultAnalysis, _ crash: Crash) -> UInt64? {
    guard let address = fault.faulting?.address ?? fault.address, fault.cause != .fetch, address != 0 else {
      return nil
    }
    return address
  }

  /// Whether the word lies in the innermost frames: a spilled copy of the pointer, not the array.
  private static func isInFrame(
    _ address: UInt64, _ frames: [Frame], _ crash: Crash, _ investigation: Investigation
  ) -> Bool {
    guard let low = crash.registers.stackPointer(investigation.architecture), let high = frames.last?.cfa else {
      return false
    }
    return address >= low && address < high
  }

  /// Functions of glibc and musl that walk `environ`, and walk nothing else.
  static let libraryWalkers: Set<String> = [
    "getenv", "__GI_getenv", "secure_getenv", "__libc_secure_getenv", "setenv", "__setenv", "__add_to_environ",
    "__GI___add_to_environ", "unsetenv", "__unsetenv", "__GI_unsetenv", "putenv", "__putenv", "clearenv", "__GI_setenv",
    "__env_rm_add",
  ]
}
