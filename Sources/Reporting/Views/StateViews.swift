internal import Diagnosis
internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

extension Examination {
  /// The registers of a frame that are known, with what each points to.
  package func registerView(thread: Int32?, frame: Int) throws(ExaminationError) -> [ReportedRegister] {
    let registers = try registers(thread: thread, frame: frame)
    let known = investigation.target.architecture.registerNames.enumerated().compactMap { number, name in
      registers[number].map { (name: name, value: $0) }
    }
    return zip(known, addresses.meanings(of: known.map(\.value))).map { register, meaning in
      ReportedRegister(name: register.name, value: HexAddress(register.value), meaning: meaning)
    }
  }

  /// The stack of a thread.
  package func stackView(thread tid: Int32?) throws(ExaminationError) -> ReportedStack {
    let index = try thread(tid)
    let thread = investigation.target.threads[index]
    let walk = investigation.walk(ofThread: index)
    let naming = naming()
    naming.prepare([walk])
    return ReportedStack(
      threads: [ReportedThread(tid: thread.tid, name: thread.name)], frameCount: walk.frameCount,
      elements: naming.elements(of: walk), ending: ReportedEnding(walk.ending))
  }

  /// The stacks of all threads, the crashed thread's first; each that several threads have once.
  package func stackViews() -> [ReportedStack] {
    let threads = investigation.target.threads
    let groups = StackGroup.group(threads.indices.map { ($0, investigation.walk(ofThread: $0)) })
    let naming = naming()
    naming.prepare(groups.lazy.map(\.walk))
    return groups.map { group in
      ReportedStack(
        threads: group.threads.map { ReportedThread(tid: threads[$0].tid, name: threads[$0].name) },
        frameCount: group.walk.frameCount, elements: naming.elements(of: group.walk),
        ending: ReportedEnding(group.walk.ending))
    }
  }

  func naming() -> FrameNaming {
    let names = investigation.names
    return FrameNaming(target: investigation.target, style: isFull ? .full : .short) { names.resolve($0) }
  }

  package func mappingView() -> [ReportedMapping] { investigation.target.mappings.map { ReportedMapping($0) } }

  package func moduleView() -> [ReportedModule] { investigation.target.modules.map { ReportedModule($0) } }

  /// All threads, the one that the signal hit first, with where each stands.
  package func threadView() -> [ListedThread] {
    let target = investigation.target
    let pcs = target.threads.map { $0.registers.instructionPointer(target.architecture) }
    let places = addresses.meanings(of: pcs.map { $0 ?? 0 })
    let stackPointers = target.threads.map { $0.registers.stackPointer(target.architecture) }
    let stacks = addresses.places(of: stackPointers.map { $0 ?? 0 })
    return target.threads.enumerated().map { index, thread in
      ListedThread(
        tid: thread.tid, name: thread.name, isCrashed: index == 0 && target.signal != nil,
        signal: thread.signal == 0 ? nil : thread.signal, pc: pcs[index].map { HexAddress($0) }, place: places[index],
        stackPointer: stackPointers[index].map { HexAddress($0) },
        stack: stackPointers[index] == nil ? nil : stacks[index])
    }
  }
}

/// A thread as `inquest examine CORE threads` shows it.
package struct ListedThread: Encodable, Sendable {
  package let tid: Int32
  package let name: String?
  package let isCrashed: Bool
  /// The signal that it was to take, pr_cursig.
  package let signal: Int32?
  package let pc: HexAddress?
  /// The function that it stands in.
  package let place: String?
  package let stackPointer: HexAddress?
  /// The region that its stack pointer lies in.
  package let stack: String?
}
