package import Diagnosis
internal import Disassembly
internal import Machine
internal import ModuleFiles
internal import Symbolication
internal import Targets
internal import Unwinding

/// Makes a report of an investigation.
package struct ReportBuilder {
  private let investigation: Investigation
  private let options: ReportOptions
  private let progress: Progress
  private let addresses: AddressNames
  private let naming: FrameNaming

  /// Is told what is being done, how much of it is done, and how much there is.
  package typealias Progress = (_ what: StaticString, _ done: Int, _ of: Int) -> Void

  package init(_ investigation: Investigation, _ options: ReportOptions, progress: @escaping Progress = { _, _, _ in })
  {
    self.investigation = investigation
    self.options = options
    self.progress = progress
    let style: SymbolName.Style = options.isFull ? .full : .short
    let names = investigation.names
    addresses = AddressNames(target: investigation.target, style: style) { names.resolve($0) }
    naming = FrameNaming(target: investigation.target, style: style) { names.resolve($0) }
  }

  /// The whole report.
  ///
  /// - Parameters:
  ///   - input: where the core came from.
  ///   - diagnosis: what was found out, verdict first, and what to look at where nothing was.
  package func build(_ input: ReportedInput, findings: [Finding], nextSteps: [String]) -> Report {
    let target = investigation.target
    var report = Report(input: input, process: ReportedProcess(target))
    report.architecture = target.architecture.rawValue
    // No thread of a process that goes on has crashed.
    let signalled = target.isRunning ? nil : target.signalledThread
    report.crashedThread = signalled?.tid
    report.signal = target.signal.map(ReportedSignal.init)
    report.findings = findings.map(ReportedFinding.init)
    report.nextSteps = findings.isEmpty ? nextSteps : []
    let groups = StackGroup.group(walkThreads())
    progress("naming functions", 0, 1)
    naming.prepare(groups.lazy.map(\.walk))
    // It takes all threads' stacks.
    let waits = options.threads == .crashed ? nil : WaitDescription(investigation.waitGraph)
    report.stacks = groups.map { stack($0, waits) }
    report.waits = waits?.graphOfWaits()
    report.fault = investigation.crashes.last.flatMap(fault)
    report.earlierFaults = earlierFaults()
    if let thread = signalled {
      report.registers = registers(of: thread)
      report.disassembly = CodeListing(investigation, addresses).around(thread)
      addOperands(to: &report.disassembly, of: thread)
    }
    report.mappings = mappings(report)
    report.modules = target.modules.map(ReportedModule.init)
    report.shortfalls = target.shortfalls.map { .init(what: $0.what, cost: $0.cost, isHeadline: $0.isHeadline) }
    report.shortfalls += target.modules.indices.compactMap { index in
      DebugProblems.shortfall(investigation.names.debugProblems(inModule: index), of: target.modules[index].path)
    }
    report.shortfalls += MissingFiles.shortfalls(report)
    if !target.isRunning, options.seeksInput { addClues(to: &report) }
    report.signature = target.isRunning ? nil : SignatureBuilder(investigation).signature(findings: findings)
    if options.hasDetails {
      progress("looking into frames", 0, 1)
      let sources = SourceFinder(roots: options.sourceRoots, systemRoots: options.systemRoots)
      FrameDetails(investigation, addresses, CodeListing(investigation, addresses), sources)
        .add(to: &report, threads: groups.map { $0.threads[0] })
    }
    return report
  }

  /// What the program was working on when it died. It takes a search through all of its memory.
  private func addClues(to report: inout Report) {
    progress("looking for the input", 0, 1)
    let clues = investigation.clues(files: options.files)
    report.clues = clues.clues.map(ReportedClue.init)
    if let searched = clues.searchedBytes {
      report.shortfalls.append(
        ReportedShortfall(
          what: "only \(Quantities.bytes(UInt64(searched))) of memory were searched for paths of files",
          cost: "the list of files that the program knew of may lack some"))
    }
  }

  /// Says at the current instruction what its operands were.
  private func addOperands(to listing: inout [ReportedInstruction], of thread: ThreadState) {
    guard let current = listing.firstIndex(where: \.isCurrent), let crash = investigation.crashes.last,
      // What the processor was at when a signal was sent says nothing.
      !crash.signal.isSent
    else { return }
    let analysis = investigation.analysis(of: crash)
    guard analysis.instruction?.address == listing[current].address.value else { return }
    listing[current].note = OperandNote(investigation.architecture, addresses).text(analysis, crash.registers)
  }

  /// The stacks of the threads that the report is about, the crashed thread's first.
  private func walkThreads() -> [(thread: Int, walk: StackWalk)] {
    let threads = investigation.target.threads
    let wanted = threads.indices.filter { index in
      switch options.threads {
      case .all: true
      case .crashed: index == 0
      case .only(let tids): index == 0 || tids.contains(threads[index].tid)
      }
    }
    return wanted.enumerated().map { position, index in
      progress("walking stacks", position, wanted.count)
      return (index, investigation.walk(ofThread: index))
    }
  }

  private func stack(_ group: StackGroup, _ waits: WaitDescription?) -> ReportedStack {
    let threads = investigation.target.threads
    return ReportedStack(
      threads: group.threads.map {
        ReportedThread(tid: threads[$0].tid, name: threads[$0].name, wait: waits?.wait(ofThread: $0))
      },
      frameCount: group.walk.frameCount, elements: naming.elements(of: group.walk),
      ending: ReportedEnding(group.walk.ending))
  }

  /// What the processor refused, from the instruction where the kernel does not tell it.
  private func fault(of crash: Crash) -> ReportedFault? {
    let analysis = investigation.analysis(of: crash)
    var fault = ReportedFault(instruction: analysis.instruction?.text)
    fault.access =
      switch (analysis.cause, analysis.faulting?.access.direction) {
      case (.fetch, _): "execute"
      case (_, .read?): "read"
      case (_, .write?), (_, .readWrite?): "write"
      case (_, nil): nil
      }
    if let address = analysis.address {
      fault.address = HexAddress(address)
      fault.region = addresses.place(of: address)
    }
    return fault.instruction == nil && fault.address == nil ? nil : fault
  }

  /// What the handlers were called for that had not returned.
  private func earlierFaults() -> [ReportedEarlierFault] {
    investigation.crashes.filter { $0.trampoline != nil }.map { crash in
      let pc = crash.registers.instructionPointer(investigation.target.architecture)
      return ReportedEarlierFault(
        signal: ReportedSignal(crash.signal), fault: fault(of: crash), place: pc.map { addresses.place(of: $0) })
    }
  }

  private func registers(of thread: ThreadState) -> [ReportedRegister] {
    let known = investigation.target.architecture.registerNames.enumerated().compactMap { number, name in
      thread.registers[number].map { (name: name, value: $0) }
    }
    return zip(known, addresses.meanings(of: known.map(\.value))).map { register, meaning in
      ReportedRegister(name: register.name, value: HexAddress(register.value), meaning: meaning)
    }
  }

  /// All mappings, or those with the fault, the stack and the code of the crashed thread, and their neighbours.
  private func mappings(_ report: Report) -> [ReportedMapping] {
    let all = investigation.target.mappings
    guard !options.isFull else { return all.map { ReportedMapping($0) } }
    let registers = investigation.target.signalledThread?.registers
    let architecture = investigation.target.architecture
    let places = [
      report.fault?.address?.value, registers?.instructionPointer(architecture), registers?.stackPointer(architecture),
    ]
    var wanted: Set<Int> = []
    for place in places.compactMap(\.self) {
      let next = investigation.target.mappingIndex(reaching: place) ?? all.count
      for index in [next - 1, next, next + 1] where all.indices.contains(index) { wanted.insert(index) }
    }
    return wanted.sorted().map { ReportedMapping(all[$0]) }
  }
}

extension ReportedProcess {
  init(_ target: any Target) {
    let process = target.process
    self.init(
      pid: process.pid, parentPID: process.parentPID, name: process.name, executable: process.executablePath,
      arguments: process.arguments, threadCount: target.threads.count)
  }
}

extension ReportedSignal {
  init(_ signal: SignalInfo) {
    self.init(
      number: signal.number, name: signal.name, code: signal.code,
      codeName: signal.code.flatMap { SignalCodes.name(signal: signal.number, code: $0) },
      faultAddress: signal.faultAddress.map { HexAddress($0) }, senderPID: signal.senderPID,
      senderUID: signal.senderUID, systemCall: signal.systemCall?.number)
  }
}

extension ReportedFinding {
  package init(_ finding: Finding) {
    self.init(
      hazard: finding.hazard.rawValue, title: finding.hazard.title, certainty: finding.certainty.rawValue,
      thread: finding.thread, statement: finding.statement,
      evidence: finding.evidence.map { evidence in
        ReportedEvidence(
          evidence.statement, address: evidence.address.map { HexAddress($0) },
          bytes: evidence.bytes.map { Hexadecimal.text($0) })
      }, refutedBy: finding.refutedBy, remedies: finding.remedies)
  }
}
