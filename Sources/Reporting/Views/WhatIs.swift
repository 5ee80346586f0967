internal import Diagnosis
internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// What lies at an address, as `inquest examine CORE whatis` shows it.
package struct WhatIs: Encodable, Sendable {
  package let address: HexAddress
  /// In a few words.
  package let summary: String
  package var mapping: ReportedMapping?
  package var module: String?
  /// The address as the linker states it in the module's file.
  package var moduleOffset: HexAddress?
  package var symbol: String?
  package var symbolOffset: UInt64?
  package var symbolSize: UInt64?
  package var file: String?
  package var line: UInt64?
  /// Whose stack it is, and which frame of it the address lies in.
  package var thread: Int32?
  package var frame: ReportedFrame?
  /// The chunk of malloc's that it lies in.
  package var heapChunk: ReportedHeapChunk?
  /// Where the core holds the memory: the eight bytes there.
  package var word: HexAddress?
  package var wordMeaning: String?
}

extension Examination {
  package func whatIs(_ address: UInt64) -> WhatIs {
    let target = investigation.target
    var result = WhatIs(address: HexAddress(address), summary: addresses.place(of: address))
    result.mapping = target.mapping(containing: address).map { ReportedMapping($0) }
    let resolution = investigation.names.resolve([address]).first ?? .none
    if let index = resolution.module ?? target.moduleIndex(containing: address), target.modules.indices.contains(index)
    {
      result.module = target.modules[index].path
      result.moduleOffset = HexAddress(address &- target.modules[index].bias)
    }
    if let symbol = resolution.symbol {
      result.symbol = symbol.name.text(isFull ? .full : .short)
      result.symbolOffset = symbol.offset
      result.symbolSize = symbol.size
    }
    result.file = resolution.location?.path
    result.line = resolution.location?.line
    if let (thread, frame) = frame(holding: address) {
      result.thread = thread
      result.frame = frame
    }
    result.heapChunk = investigation.heapChunk(containing: address).map { ReportedHeapChunk($0, holding: address) }
    if let word = target.memory.word(at: address) {
      result.word = HexAddress(word)
      result.wordMeaning = addresses.meanings(of: [word]).first ?? nil
    }
    return result
  }

  /// The frame whose part of a stack the address lies in, and the thread.
  private func frame(holding address: UInt64) -> (Int32, ReportedFrame)? {
    let target = investigation.target
    guard let mapping = target.mapping(containing: address) else { return nil }
    for (index, thread) in target.threads.enumerated() {
      // A thread's stack is told by its own mapping; other stacks by whose stack pointer lies in them.
      let stackPointer = thread.registers.stackPointer(target.architecture)
      let isItsStack =
        mapping.use == .stack(tid: thread.tid) || mapping.use == .signalStack(tid: thread.tid)
        || stackPointer.map { mapping.contains($0) } ?? false
      guard isItsStack else { continue }
      let walk = investigation.walk(ofThread: index)
      guard let frame = walk.frames.first(where: { $0.cfa > address && $0.stackPointer <= address }) else { continue }
      let naming = naming()
      let single = StackWalk(elements: [.frame(frame)], frameCount: 1, ending: .outermost)
      naming.prepare([single])
      if let reported = naming.elements(of: single).first?.frame { return (thread.tid, reported) }
    }
    return nil
  }
}
