package import Diagnosis
package import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// What can be asked of a core besides why it died. Each view is made from it.
package struct Examination {
  package let investigation: Investigation
  package let addresses: AddressNames
  let isFull: Bool

  package init(_ investigation: Investigation, isFull: Bool) {
    self.investigation = investigation
    self.isFull = isFull
    let names = investigation.names
    addresses = AddressNames(target: investigation.target, style: isFull ? .full : .short) { names.resolve($0) }
  }

  /// The index of the thread with id `tid`, or of the one that the signal hit.
  package func thread(_ tid: Int32?) throws(ExaminationError) -> Int {
    let threads = investigation.target.threads
    guard let tid else {
      guard !threads.isEmpty else { throw .noThreads }
      return 0
    }
    guard let index = threads.firstIndex(where: { $0.tid == tid }) else { throw .noThread(tid) }
    return index
  }

  /// The registers of a thread as its frame `frame` has them; 0 is the innermost.
  package func registers(thread tid: Int32?, frame: Int) throws(ExaminationError) -> RegisterSet {
    let thread = investigation.target.threads[try thread(tid)]
    if frame == 0 { return thread.registers }
    guard let registers = investigation.stacks.registers(ofFrame: frame, from: thread.registers) else {
      throw .noFrame(frame)
    }
    return registers
  }

  /// The address that an expression means, its registers taken from a frame of a thread.
  package func address(
    _ expression: AddressExpression, thread: Int32?, frame: Int
  ) throws(ExaminationError) -> UInt64 {
    switch expression.base {
    case .number(let number): return number &+ expression.offset
    case .symbol(let name):
      guard let address = SymbolLookup(investigation.target).address(of: name) else { throw .noSymbol(name) }
      return address &+ expression.offset
    case .register(let name):
      let architecture = investigation.target.architecture
      let registers = try registers(thread: thread, frame: frame)
      guard let number = Self.register(name, architecture) else { throw .noRegister(name) }
      guard let value = registers[number] else { throw .unknownRegister(name, frame: frame) }
      return value &+ expression.offset
    }
  }

  /// The DWARF number of a register by its own name, or by what it does: "pc", "sp", "fp".
  static func register(_ name: String, _ architecture: Architecture) -> Int? {
    switch name {
    case "pc": architecture.instructionPointerRegister
    case "sp": architecture.stackPointerRegister
    case "fp": architecture.framePointerRegister
    case "lr": architecture.linkRegister
    default: architecture.registerNames.firstIndex(of: name)
    }
  }
}

/// Why something that was asked of a core cannot be shown.
package enum ExaminationError: Error, Equatable, CustomStringConvertible {
  case noThreads
  case noThread(Int32)
  case noFrame(Int)
  case noRegister(String)
  case unknownRegister(String, frame: Int)
  case noSymbol(String)
  case notReadable(UInt64)
  case notCode(UInt64)

  package var description: String {
    switch self {
    case .noThreads: "the core holds no threads"
    case .noThread(let tid): "the core holds no thread \(tid)"
    case .noFrame(let number): "the stack has no frame \(number)"
    case .noRegister(let name): "there is no register \(name) on this processor"
    case .unknownRegister(let name, let frame): "the value of \(name) in frame \(frame) is not known"
    case .noSymbol(let name): "no symbol \(name) was found in the modules' symbol tables"
    case .notReadable(let address): "the core does not hold the memory at \(HexAddress(address).text)"
    case .notCode(let address): "there is no instruction at \(HexAddress(address).text)"
    }
  }
}
