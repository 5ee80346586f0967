internal import Disassembly
internal import Heaps
internal import Machine
internal import Targets
internal import Unwinding

/// A fault within malloc or free: they followed words of their own that somebody else had written over.
enum CorruptHeap {
  static func finding(_ investigation: Investigation, _ crash: Crash, _ fault: FaultAnalysis) -> Finding? {
    guard crash.signal.number == SignalInfo.segmentation || crash.signal.number == SignalInfo.bus, !crash.signal.isSent,
      let entry = MallocFrames.entry(investigation, crash)
    else { return nil }
    let pc = crash.pc(investigation.architecture)
    let frames = Array(crash.walk.frames.prefix(entry + 2))
    let call = investigation.functionName(of: frames[entry])
    let caller = frames.count > entry + 1 ? investigation.function(frames[entry + 1].lookupAddress) : nil
    // A wild pointer that the program handed to free is the program's own: nothing in the heap is corrupt then.
    let isHandedOver = ["free", "realloc", "malloc_usable_size", "cfree"].contains { call.hasSuffix($0) }
    var problems = investigation.heapProblems
    // Lists that another thread was just changing say nothing of what this one was given.
    if isHandedOver, problems.allSatisfy({ !$0.isOverwritten }),
      investigation.threadsInAllocator().contains(where: { $0 != crash.thread.tid })
    {
      problems = []
    }
    var evidence = [
      investigation.evidence(
        "\(fault.instructionText) at \(investigation.place(pc)) was "
          + "\(fault.faulting.map { BadPointer.verb($0.access.direction) } ?? "accessing") "
          + (fault.address.map(hex) ?? "an address that is not known")
          + (caller.map { ", in \(call), called by \($0)" } ?? ""), of: pc)
    ]
    evidence += HeapEvidence.evidence(problems, investigation)
    guard !problems.isEmpty || !isHandedOver else {
      evidence.append(Evidence("the heap itself is consistent, as far as it could be read"))
      return Finding(
        hazard: .heapCorruption, certainty: .likely, thread: crash.thread.tid,
        statement:
          "\(call)\(caller.map { ", called by \($0)," } ?? "") was given a pointer that is no block of the heap.",
        evidence: evidence,
        refutedBy: "a block whose header was overwritten",
        remedies: ["Find out what that pointer is, and who else may have freed or changed it."])
    }
    return Finding(
      hazard: .heapCorruption, certainty: problems.isEmpty ? .possible : .likely, thread: crash.thread.tid,
      statement: problems.isEmpty
        ? "malloc's own data may be corrupt: \(call) faulted, though nothing was found that contradicts the rest."
        : "The heap is corrupt: \(call)\(caller.map { ", called by \($0)," } ?? "") faulted on malloc's own data, which "
          + "had been written over.",
      evidence: evidence,
      refutedBy: "another thread that was changing the heap at that moment",
      remedies: [
        "The place that noticed is seldom the place that did it: build with -fsanitize=address, or run under `valgrind`."
      ])
  }
}
