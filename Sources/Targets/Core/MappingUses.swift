internal import Machine

/// Tells what mappings are used for.
enum MappingUses {
  /// The kernel puts the heap at most so far behind the executable: 1 GiB, of old 32 MiB on x86-64
  /// (arch_randomize_brk).
  private static let maximumHeapDistance: UInt64 = 1 << 30
  /// How many stacks are searched for what a signal left there: each takes microseconds.
  private static let maximumSearches = 1024
  /// The page of x86-64's old system calls (Linux `arch/x86/include/uapi/asm/vsyscall.h`).
  private static let vsyscall: UInt64 = 0xffff_ffff_ff60_0000

  /// Fills in `use` of every mapping that is not a file's.
  static func assign(
    to mappings: inout [Mapping], architecture: Architecture, threads: [ThreadState], pid: Int32?, modules: [Module],
    auxiliaryVector: AuxiliaryVector, memory: CoreMemory
  ) {
    let table = mappings
    func index(_ address: UInt64) -> Int? {
      let index = table.partitioningIndex { $0.end > address }
      return index < table.count && table[index].contains(address) ? index : nil
    }

    if let vdso = auxiliaryVector[AuxiliaryVector.vdso], let found = index(vdso) {
      mappings[found].use = .vdso
      // The data that the vDSO reads lies right below it, in one mapping or two.
      var below = found - 1
      while below >= 0, found - below <= 2, table[below].end == table[below + 1].start, table[below].path == nil,
        table[below].permissions == .read
      {
        mappings[below].use = .vvar
        below -= 1
      }
    }
    if let found = index(vsyscall) { mappings[found].use = .vsyscall }

    /// Marks the mapping at `address` as a stack, unless something better is known of it.
    func markStack(_ address: UInt64?, _ tid: Int32) {
      guard let address, let found = index(address), table[found].path == nil, mappings[found].use == .unknown,
        table[found].permissions?.isSuperset(of: [.read, .write]) == true
      else { return }
      mappings[found].use = .stack(tid: tid)
    }
    if let pid {
      markStack(auxiliaryVector[AuxiliaryVector.random], pid)
      markStack(auxiliaryVector[AuxiliaryVector.executablePath], pid)
    }
    // The thread pointer lies at the top of the stack that a thread was made with, in glibc and in musl. It comes
    // first: a stack pointer may be on somebody else's stack.
    for thread in threads where thread.tid != pid { markStack(thread.threadPointer, thread.tid) }
    markHeap(&mappings, modules)
    markArenas(&mappings, memory)
    var searches = 0
    for thread in threads {
      guard let pointer = thread.registers.stackPointer(architecture), let found = index(pointer),
        mappings[found].use == .unknown
      else { continue }
      searches += 1
      let frame =
        searches > maximumSearches
        ? nil : SignalFrame(above: pointer, limit: table[found].end, memory: memory, architecture: architecture)
      if let frame, frame.stack.contains(pointer) {
        // A part of a mapping that is larger by more than guards is not what the mapping is for.
        if table[found].size - min(table[found].size, UInt64(frame.stack.count)) <= 0x1_0000 {
          mappings[found].use = .signalStack(tid: thread.tid)
        }
      } else {
        markStack(pointer, thread.tid)
      }
    }
    for position in mappings.indices where mappings[position].use == .unknown {
      if mappings[position].permissions?.isEmpty == true {
        let isBelowStack =
          position + 1 < mappings.count && mappings[position + 1].start == mappings[position].end
          && mappings[position + 1].isStack
        mappings[position].use = isBelowStack ? .guardPage : .reserved
      } else {
        mappings[position].use = .anonymous
      }
    }
  }

  /// The heap of brk(2): the first private, writable memory without a file behind the executable's last page, and
  /// near to it. What malloc gets from mmap(2) is elsewhere, and anonymous.
  private static func markHeap(_ mappings: inout [Mapping], _ modules: [Module]) {
    guard let executable = modules.first, executable.path != "[vdso]" else { return }
    let end = (executable.end &+ 0xfff) & ~0xfff
    // Without address space randomization the heap and the executable's .bss are one mapping.
    let start = mappings.partitioningIndex { $0.end > end }
    guard start < mappings.count else { return }
    let candidate = mappings[start]
    guard candidate.use == .unknown, candidate.permissions == [.read, .write],
      candidate.start <= end || candidate.start - end <= maximumHeapDistance
    else { return }
    mappings[start].use = .heap
  }

  /// The heaps of glibc's thread arenas. The kernel joins those that are full with what lies behind them: a mapping is
  /// one where nothing but such heaps lies in it.
  private static func markArenas(_ mappings: inout [Mapping], _ memory: CoreMemory) {
    for position in mappings.indices {
      let mapping = mappings[position]
      guard mapping.use == .unknown, mapping.permissions == [.read, .write], mapping.start % ArenaHeap.maximumSize == 0
      else { continue }
      var start = mapping.start
      while start < mapping.end, let heap = ArenaHeap(at: start, mappingEnd: mapping.end, memory: memory) {
        start += heap.writableSize
      }
      if start == mapping.end { mappings[position].use = .arena }
    }
  }
}

extension Mapping {
  fileprivate var isStack: Bool {
    if case .stack = use { true } else { false }
  }
}
