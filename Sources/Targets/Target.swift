internal import Bytes
public import Machine

/// What can be examined: a core file, a stopped process. Diagnosis is written against this alone.
///
/// Addresses are the target's.
public protocol Target: AnyObject, Sendable {
  var architecture: Architecture { get }
  var process: ProcessDescription { get }
  /// The signal that ended or stopped the process; nil where nothing tells.
  var signal: SignalInfo? { get }
  /// All threads, the one that the signal hit first.
  var threads: [ThreadState] { get }
  /// All mappings, by address, without overlap.
  var mappings: [Mapping] { get }
  /// The executable first, then shared objects in the order of the link map or of addresses, the vDSO last.
  var modules: [Module] { get }
  var memory: any TargetMemory { get }
  var auxiliaryVector: AuxiliaryVector { get }
  /// Pointer authentication bits of a code address, to be cleared (NT_ARM_PAC_MASK); 0 where there are none.
  var codePointerMask: UInt64 { get }
  /// The index in ``modules`` of the module that contains `address`; nil where none does.
  func moduleIndex(containing address: UInt64) -> Int?
  /// The thread with this id; nil where there is none.
  func thread(_ tid: Int32) -> ThreadState?
  /// Whether this is a process that goes on: it was stopped to be looked at, and nothing has killed it.
  var isRunning: Bool { get }
  /// What was missing or made no sense while the target was read, and what it costs.
  var shortfalls: [Shortfall] { get }
}

extension Target {
  /// A core is of a process that is dead, or of which nobody knows.
  public var isRunning: Bool { false }

  /// The thread that the signal hit.
  public var signalledThread: ThreadState? { threads.first }

  /// The thread with this id, searched for from the first on.
  public func thread(_ tid: Int32) -> ThreadState? { threads.first { $0.tid == tid } }

  /// The mapping that contains `address`; nil where none does.
  public func mapping(containing address: UInt64) -> Mapping? {
    guard let index = mappingIndex(reaching: address), mappings[index].contains(address) else { return nil }
    return mappings[index]
  }

  /// The index in ``mappings`` of the mapping that contains `address`, or else of the next one above it; nil where there
  /// is neither.
  public func mappingIndex(reaching address: UInt64) -> Int? {
    let index = mappings.partitioningIndex { $0.end > address }
    return index < mappings.count ? index : nil
  }

  /// The last mapping that ends at `address` or below it; nil where there is none.
  public func lastMapping(below address: UInt64) -> Mapping? {
    let index = mappings.partitioningIndex { $0.end > address }
    return index > 0 ? mappings[index - 1] : nil
  }

  /// The index in ``modules`` of the module that contains `address`, searched for from the first on.
  public func moduleIndex(containing address: UInt64) -> Int? {
    modules.firstIndex { $0.contains(address) }
  }
}

/// The process as a whole (NT_PRPSINFO, AT_EXECFN).
public struct ProcessDescription: Sendable {
  /// The process's id; nil where no note tells.
  public var pid: Int32?
  /// The id of its parent.
  public var parentPID: Int32?
  /// The name of its main thread, at most 15 bytes (`pr_fname`).
  public var name: String?
  /// The command line as far as it is known (`pr_psargs` keeps 80 bytes; the stack holds it whole).
  public var arguments: [String]
  /// The path it was executed by (AT_EXECFN).
  public var executablePath: String?
  /// The address in the target of the pointer to the first argument, as the kernel laid it out: the pointers to all
  /// arguments, a null, those to the environment it was started with, a null. nil where that is not found.
  public var argumentVector: UInt64?

  public init(
    pid: Int32? = nil, parentPID: Int32? = nil, name: String? = nil, arguments: [String] = [],
    executablePath: String? = nil, argumentVector: UInt64? = nil
  ) {
    self.pid = pid
    self.parentPID = parentPID
    self.name = name
    self.arguments = arguments
    self.executablePath = executablePath
    self.argumentVector = argumentVector
  }
}

/// Something that was missing, cut or contradictory, and what the report lacks for it.
public struct Shortfall: Sendable, Equatable {
  /// What is missing: "the file is cut 12,288 bytes before its end".
  public let what: String
  /// What that cost: "stacks of 3 threads could not be walked".
  public let cost: String
  /// Whether it belongs at the top of the report (a stale file, a cut core).
  public let isHeadline: Bool

  public init(what: String, cost: String, isHeadline: Bool = false) {
    self.what = what
    self.cost = cost
    self.isHeadline = isHeadline
  }
}
