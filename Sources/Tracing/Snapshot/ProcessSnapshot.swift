internal import CLinux
package import Processes
package import Targets

/// A process as it stood at one moment: its threads' registers and what was copied of its memory. It goes on meanwhile.
package struct ProcessSnapshot {
  package let image: ProcessImage
  package let copied: CopiedMemory
  package let times: ProcessStop.Times
  /// How large the core is that was written, or why it could not be; nil where none was wanted.
  package let core: Result<UInt64, CoreWriteError>?
  /// What could not be had.
  package let shortfalls: [Shortfall]

  /// - Parameters:
  ///   - process: its id in our pid namespace.
  ///   - also: memory that is known to be needed besides stacks and what they point to.
  ///   - coreSink: where the process's core is written to while it stands still; nil where none is wanted.
  /// - Throws: ``ProcessError``.
  package init(
    of process: Int32, also: PageRanges = PageRanges(), coreSink: (any CoreSink)? = nil
  ) throws(ProcessError) {
    let facts = try Self.facts(of: process)
    let earlier = try Self.mappings(of: process)
    var copied: CopiedMemory?
    var coreOutcome: Result<UInt64, CoreWriteError>?
    var (image, times) = try ProcessStop.during(process, allRegisters: coreSink != nil) {
      (reader, threads) throws(ProcessError) in
      var image = try ProcessImage(process: process, reader: reader, facts: facts, threads: threads, earlier: earlier)
      let memory = try CopiedMemory(process: image.reader)
      CopyPlan(image).run(memory, also: also)
      copied = memory
      guard let coreSink else { return image }
      Self.nameThreads(&image)
      do throws(CoreWriteError) {
        coreOutcome = .success(try CoreFileWriter(image).write(to: coreSink))
      } catch {
        coreOutcome = .failure(error)
      }
      return image
    }
    Self.nameThreads(&image)
    self.image = image
    guard let copied else { throw .ended(process) }
    self.copied = copied
    self.times = times
    core = coreOutcome
    let asleep = image.threads.filter { $0.state == "D" }
    shortfalls =
      asleep.isEmpty
      ? []
      : [
        Shortfall(
          what: asleep.count == 1
            ? "thread \(asleep[0].tid) sleeps in the kernel and could not be stopped"
            : "\(asleep.count) threads sleep in the kernel and could not be stopped",
          cost: "\(asleep.count == 1 ? "its stack is" : "their stacks are") walked from two registers, or not at all")
      ]
  }

  /// - Throws: ``ProcessError/refused(_:_:)`` where the process may not be looked at, for whatever reason.
  private static func mappings(of process: Int32) throws(ProcessError) -> ProcessMappings.Reading {
    do throws(ProcessError) {
      return try ProcessMappings.Reading("/proc/\(process)/maps")
    } catch {
      // EPERM, EACCES.
      guard case .unreadable(_, let errno) = error, errno == 1 || errno == 13 else { throw error }
      throw .refused(process, TraceRefusal(process, errno: errno))
    }
  }

  /// What is known of a process that may be looked at.
  package static func facts(of process: Int32) throws(ProcessError) -> ProcessFacts {
    guard process > 0, let facts = ProcessFacts.ofProcess(process) else { throw .noProcess(process) }
    if facts.process == inquest_process() { throw .ourselves(process) }
    if facts.isKernelThread { throw .kernelThread(process) }
    if facts.tracer != 0 { throw .refused(process, TraceRefusal(process, errno: 1)) }
    if facts.state == "Z" || facts.state == "X", facts.threadCount <= 1 { throw .zombie(process) }
    return facts
  }

  /// Gives threads their names, and the ids that they have for themselves.
  package static func nameThreads(_ image: inout ProcessImage) {
    let isElsewhere = image.facts.namespaceIDs.count > 1
    for index in image.threads.indices {
      let folder = "/proc/\(image.process)/task/\(image.threads[index].hostID)"
      image.threads[index].name = ProcFile.line(folder + "/comm")
      guard isElsewhere, let status = ProcFile.text(folder + "/status"), let facts = ProcessFacts(status: status),
        let own = facts.namespaceIDs.last
      else { continue }
      image.threads[index].tid = own
    }
  }
}
