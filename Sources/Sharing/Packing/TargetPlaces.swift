internal import Bytes
internal import Diagnosis
internal import ELF
internal import Machine
internal import ModuleFiles
internal import Targets
internal import Unwinding

/// Places in a target's memory that must stay readable when its texts are zeroed. Addresses are the target's.
struct TargetPlaces {
  private let investigation: Investigation
  private let target: CoreTarget
  private var memory: any TargetMemory { target.memory }

  private static let maximumModules = 4096
  private static let maximumVariables = 65_536
  /// The auxiliary vector lies below what it points to, and near.
  private static let searchedBytes: UInt64 = 65_536

  init(_ target: CoreTarget) {
    self.target = target
    investigation = Investigation(target: target, finder: target.finder)
  }

  /// l_name of the dynamic linker's list (`struct link_map`; glibc `elf/link.h`).
  var linkMapNames: [UInt64] {
    guard let module = target.modules.first, let elf = module.file?.elf ?? module.image,
      let segment = elf.segments.first(where: { $0.type == ProgramHeader.dynamic }),
      let debug = DynamicSection(at: module.bias &+ segment.address, memory: memory)[DynamicSection.debug],
      var entry = memory.word(at: debug &+ 8)
    else { return [] }
    var names: [UInt64] = []
    while entry != 0, names.count < Self.maximumModules, let name = memory.word(at: entry &+ 8) {
      names.append(name)
      guard let next = memory.word(at: entry &+ 24) else { break }
      entry = next
    }
    return names
  }

  /// The strings of the environment: those that the kernel put on the first stack, and those of `environ`.
  var variables: [UInt64] {
    var found: [UInt64] = []
    if let vector = vectorOnStack {
      // Below the vector lie a zero word and the pointers, the last one first.
      var address = vector &- 16
      while found.count < Self.maximumVariables, let word = memory.word(at: address), word != 0 {
        found.append(word)
        address &-= 8
      }
    }
    for module in Set([0, investigation.libraryModule].compactMap(\.self)) {
      let symbols = investigation.names.addresses(ofSymbols: ["environ", "__environ", "_environ"], inModule: module)
      for variable in symbols.values {
        guard var address = memory.word(at: variable) else { continue }
        while found.count < 2 * Self.maximumVariables, let word = memory.word(at: address), word != 0 {
          found.append(word)
          address &+= 8
        }
      }
    }
    return found
  }

  /// Where the words of NT_AUXV lie on the first stack.
  private var vectorOnStack: UInt64? {
    let pattern = target.auxiliaryNote.prefix(from: 0, atMost: 64)
    guard pattern.count == 64, let top = target.auxiliaryVector[AuxiliaryVector.random] else { return nil }
    var address = top & ~7
    let lowest = top - min(top, Self.searchedBytes)
    while address > lowest {
      address -= 8
      if memory.read(address, 64)?.hasSameBytes(as: pattern) == true { return address }
    }
    return nil
  }

  /// The stack pointers of signal trampolines: the kernel's frames lie there.
  var signalFrames: [UInt64] {
    target.threads.indices.prefix(64).flatMap { index in
      investigation.walk(ofThread: index).frames.filter(\.isSignalTrampoline).map(\.stackPointer)
    }
  }
}
