internal import Bytes
public import Disassembly
package import Heaps
package import Machine
internal import Symbolication
public import Targets
public import Unwinding

/// What all verdicts read from: a target, its stacks, its names, and the crashes found in it.
///
/// Everything beyond the target itself is made when it is first asked for. Not for use by two threads at once.
public final class Investigation {
  /// What is investigated.
  public let target: any Target
  /// Decodes the target's instructions.
  public let disassembler: Disassembler
  package let stacks: any StackSource
  package let names: any NameSource
  private var walks: [Int: StackWalk] = [:]
  private var rawNames: [UInt64: String] = [:]
  /// By the address that a frame is looked up by.
  var functionNames: [UInt64: String] = [:]
  var sourcePlaces: [UInt64: String] = [:]

  package init(target: any Target, stacks: any StackSource, names: any NameSource) {
    self.target = target
    self.stacks = stacks
    self.names = names
    disassembler = Disassembler(target.architecture)
  }

  package var architecture: Architecture { target.architecture }
  package var memory: any TargetMemory { target.memory }

  /// What killed the process, in the order in which it happened: what signal handlers interrupted, from their
  /// frames on the signalled thread's stack, oldest first; the state that was dumped comes last.
  public private(set) lazy var crashes: [Crash] = Crash.all(in: self)

  /// The stack of the thread at `index` in the target's `threads`.
  public func walk(ofThread index: Int) -> StackWalk {
    if let walk = walks[index] { return walk }
    let walk =
      target.threads.indices.contains(index)
      ? stacks.walk(target.threads[index].registers)
      : StackWalk(elements: [], frameCount: 0, ending: .noRegisters)
    walks[index] = walk
    return walk
  }

  /// The instruction at `address` in the target; nil where it cannot be read or is none.
  public func instruction(at address: UInt64) -> Instruction? {
    disassembler.instruction(at: address, memory.readPrefix(address, Disassembler.longestInstruction))
  }

  /// The call that the return address `address` belongs to.
  package func call(before address: UInt64) -> Instruction? {
    let count = architecture == .aarch64 ? 4 : 8
    guard address >= 8, let bytes = memory.read(address &- UInt64(count), count) else { return nil }
    return disassembler.call(before: address, bytes)
  }

  /// The symbol's name as its symbol table holds it, without a version; "" where there is none.
  ///
  /// - Parameter address: an address to look up: a return address less one.
  package func rawName(at address: UInt64) -> String {
    if let name = rawNames[address] { return name }
    resolveNames([address])
    return rawNames[address] ?? ""
  }

  /// The raw names of frames, resolved in one batch.
  package func rawNames(of frames: some Collection<Frame>) -> [String] {
    resolveNames(frames.map(\.lookupAddress).filter { rawNames[$0] == nil })
    return frames.map { rawNames[$0.lookupAddress] ?? "" }
  }

  private func resolveNames(_ addresses: [UInt64]) {
    guard !addresses.isEmpty else { return }
    for (address, resolution) in zip(addresses, names.resolve(addresses)) {
      let name = resolution.symbol?.name.raw.text ?? ""
      // Not split(): there are as many names as frames.
      rawNames[address] = name.utf8.firstIndex(of: UInt8(ascii: "@")).map { String(name[..<$0]) } ?? name
    }
  }

  /// The module with the C library, an index in the target's `modules`: by its name, or the executable where that is
  /// static. Symbols of libc are looked for there alone: other modules may have hundreds of thousands.
  package private(set) lazy var libraryModule: Int? = {
    let prefixes = ["libc.so", "libc-", "ld-musl", "libc.musl"]
    let named = target.modules.firstIndex { module in prefixes.contains { module.name.hasPrefix($0) } }
    return named ?? target.modules.indices.first
  }()

  /// What glibc's malloc keeps account of.
  package private(set) lazy var heap: MallocHeap = {
    let symbol = libraryModule.flatMap { names.addresses(ofSymbols: ["main_arena"], inModule: $0)["main_arena"] }
    return MallocHeap(target, library: libraryModule, mainArena: symbol)
  }()

  /// What in malloc's account contradicts itself; asked for only where something points to the heap.
  private(set) lazy var heapProblems: [HeapProblem] = heap.check(budget: Self.checkedHeaders).problems

  /// The environment as it is in memory; nil where `environ` is not found, or is no array.
  private(set) lazy var environment: EnvironmentArray? = EnvironmentArray(in: self)

  /// Who waits for whom. It walks all threads' stacks.
  package private(set) lazy var waitGraph = WaitGraph(self)
}
