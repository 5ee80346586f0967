import Bytes
import FuzzSupport
import Heaps
import Machine
import Targets

/// A target whose memory is the input: a heap of brk, with an arena's state wherever the input puts one.
private final class HeapTarget: Target {
  let architecture = Architecture.x86_64
  let process = ProcessDescription()
  let signal: SignalInfo? = nil
  let threads: [ThreadState]
  let mappings: [Mapping]
  let modules: [Module] = []
  let memory: any TargetMemory
  let auxiliaryVector = AuxiliaryVector(.empty)
  let codePointerMask: UInt64 = 0
  let shortfalls: [Shortfall] = []

  init(_ bytes: ByteView) {
    memory = InputMemory(bytes)
    let end = InputMemory.start + UInt64(bytes.count)
    mappings = [Mapping(start: InputMemory.start, end: end, permissions: [.read, .write], use: .heap)]
    threads = [ThreadState(tid: 1, registers: RegisterSet(), threadPointer: end)]
  }
}

/// The first word of the input says where the main arena's state is to lie; all of it is the heap's memory.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = unsafe view(start, count)
  let target = HeapTarget(bytes)
  let state = InputMemory.start &+ UInt64(bytes.load(UInt32.self, at: 0) ?? 0)
  let heap = MallocHeap(target, library: nil, mainArena: state)
  let check = heap.check()
  let size = UInt64(count)
  for arena in check.arenas {
    precondition(arena.used.bytes &+ arena.free.bytes &+ arena.cached.bytes &+ arena.top <= size, "more than there is")
  }
  for offset in stride(from: 0 as UInt64, to: size, by: 4096) {
    guard let chunk = heap.chunk(containing: InputMemory.start &+ offset) else { continue }
    precondition(chunk.start >= InputMemory.start && chunk.size <= size, "a chunk beyond its heap")
  }
  return 0
}
