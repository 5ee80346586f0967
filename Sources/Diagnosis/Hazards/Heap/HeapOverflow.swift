internal import Disassembly
internal import Heaps
internal import Machine
internal import Targets

/// An access that went past the end of a block of the heap, to where nothing may be accessed.
enum HeapOverflow {
  /// How far past the end of all an access is still taken for a run that went on too long: a page.
  private static let reach: UInt64 = 4096

  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard crash.signal.number == SignalInfo.segmentation || crash.signal.number == SignalInfo.bus, !crash.signal.isSent,
      fault.cause == .access, let faulting = fault.faulting, let address = fault.address,
      !MallocFrames.isInside(investigation, crash),
      investigation.target.mapping(containing: address).map(\.isForbidden) ?? true
    else { return nil }
    return indexed(investigation, crash, fault, faulting, address)
      ?? ran(investigation, crash, fault, faulting, address)
  }

  /// The instruction added an index to a pointer to a block, and came to lie outside.
  private static func indexed(
    _ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis, _ faulting: FaultAnalysis.Access,
    _ address: UInt64
  ) -> Finding? {
    let access = faulting.access
    guard access.index != nil, let base = access.base, let start = crash.registers[base],
      let chunk = investigation.heapChunk(containing: start), !chunk.isFreed, chunk.state != .top,
      // The start of the block itself: pointers into the middle of things may belong to anything.
      start == chunk.userStart, address >= chunk.userEnd || address < chunk.start
    else { return nil }
    let name = investigation.registerName(base)
    let isAbove = address >= chunk.userEnd
    let distance = isAbove ? address - chunk.userEnd : chunk.userStart - address
    return make(
      investigation, crash, fault, access,
      statement: "\(noun(access.direction)) an element "
        + "\(isAbove ? "\(byteCount(distance)) past the end" : "\(byteCount(distance)) before the start") of a block of "
        + "\(byteCount(chunk.userSize)) faulted: the index is wrong.",
      evidence: [
        investigation.evidence(
          "\(name) = \(hex(start)), a block of \(byteCount(chunk.userSize)) of the heap; \(hex(address)) is "
            + "\(byteCount(distance)) \(isAbove ? "past its end" : "before it")", at: chunk.start, count: 16)
      ],
      refutedBy: "a base pointer that is a block's by chance")
  }

  /// The fault came right behind the last byte of a heap or of a block with a mapping of its own.
  private static func ran(
    _ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis, _ faulting: FaultAnalysis.Access,
    _ address: UInt64
  ) -> Finding? {
    guard let below = investigation.target.lastMapping(below: address), address - below.end < reach,
      below.use == .heap || below.use == .arena || below.use == .anonymous
    else { return nil }
    let behind = "\(hex(address)) is right behind the last byte of "
    if below.use == .anonymous {
      guard let chunk = investigation.heapChunk(containing: below.end - 1), chunk.source == .mapping,
        chunk.start &+ chunk.size == below.end
      else { return nil }
      return make(
        investigation, crash, fault, faulting.access,
        statement: "\(noun(faulting.access.direction)) memory went past the end of a block of "
          + "\(byteCount(chunk.userSize)) that malloc had mapped by itself.",
        evidence: [
          investigation.evidence(
            behind + "the block of \(byteCount(chunk.userSize)) at \(hex(chunk.userStart))", at: chunk.start, count: 16)
        ],
        refutedBy: "another block there that was freed, and so unmapped")
    }
    // Whatever ran to the end of the heap wrote over every header on its way.
    guard faulting.access.direction != .read,
      let problem = investigation.heapProblems.first(where: {
        $0.isOverwritten && $0.before != nil && below.contains($0.address)
      }), let before = problem.before, !before.isFreed
    else { return nil }
    return make(
      investigation, crash, fault, faulting.access,
      statement:
        "A write ran past the end of a block of \(byteCount(before.userSize)) at \(hex(before.userStart)), over all "
        + "that lies behind it, to the end of the heap.",
      evidence: [Evidence(behind + investigation.region(below.end - 1), address: below.end)]
        + HeapEvidence.evidence([problem], investigation),
      refutedBy: "two faults: a header that was corrupt before, and a write from a later block on")
  }

  private static func make(
    _ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis, _ access: MemoryAccess, statement: String,
    evidence: [Evidence], refutedBy: String
  ) -> Finding {
    let pc = crash.pc(investigation.architecture)
    return Finding(
      hazard: .heapBufferOverflow, certainty: .likely, thread: crash.thread.tid,
      statement: statement + LibraryCall.sentence(investigation, crash),
      evidence: [
        investigation.evidence(
          "\(fault.instructionText) at \(investigation.place(pc)) was \(BadPointer.verb(access.direction)) "
            + (fault.address.map(hex) ?? ""), of: pc)
      ] + evidence,
      refutedBy: refutedBy,
      remedies: [
        "Check the index or the length there against the block's size: build with -fsanitize=address to see the first "
          + "access that is out of bounds."
      ])
  }

  private static func noun(_ direction: MemoryAccess.Direction) -> String {
    switch direction {
    case .read: "Reading"
    case .write: "Writing"
    case .readWrite: "Changing"
    }
  }
}
