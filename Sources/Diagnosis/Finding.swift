/// One thing that Inquest found out, with what it rests on.
public struct Finding: Sendable {
  /// Which cause it is.
  public let hazard: Hazard
  /// How sure it is.
  public let certainty: Certainty
  /// The thread it happened on.
  public let thread: Int32?
  /// What happened, in one or two sentences, for somebody who has not read the rest.
  public let statement: String
  /// What proves it, strongest first.
  public let evidence: [Evidence]
  /// What, if it were seen, would show this finding to be wrong.
  public let refutedBy: String?
  /// What to do, most useful first.
  public let remedies: [String]

  public init(
    hazard: Hazard, certainty: Certainty, thread: Int32?, statement: String, evidence: [Evidence],
    refutedBy: String? = nil, remedies: [String] = []
  ) {
    self.hazard = hazard
    self.certainty = certainty
    self.thread = thread
    self.statement = statement
    self.evidence = evidence
    self.refutedBy = refutedBy
    self.remedies = remedies
  }
}

/// How sure a finding is.
public enum Certainty: String, Sendable, CaseIterable, Comparable {
  /// The evidence leaves no other explanation.
  case proved
  /// The evidence fits, and nothing found speaks against it; another explanation is conceivable.
  case likely
  /// Worth looking at.
  case possible

  /// proved < likely < possible: the surest comes first.
  public static func < (a: Certainty, b: Certainty) -> Bool { a.rank < b.rank }
  private var rank: Int {
    switch self {
    case .proved: 0
    case .likely: 1
    case .possible: 2
    }
  }
}

/// What was read, where, and its bytes.
public struct Evidence: Sendable {
  /// What it shows, in a sentence with the values in it.
  public let statement: String
  /// The address in the target that was read; nil for what no single address holds.
  public let address: UInt64?
  /// The bytes found there.
  public let bytes: [UInt8]?

  public init(_ statement: String, address: UInt64? = nil, bytes: [UInt8]? = nil) {
    self.statement = statement
    self.address = address
    self.bytes = bytes
  }
}

/// The causes that Inquest knows. The raw value is the name in reports; it never changes.
public enum Hazard: String, Sendable, CaseIterable {
  case stackExhaustion = "stack-exhaustion"
  case corruptStackPointer = "corrupt-stack-pointer"
  case environmentRace = "environment-race"
  case nullDereference = "null-dereference"
  case nonCanonicalAddress = "non-canonical-address"
  case wildAddress = "wild-address"
  case badJump = "bad-jump"
  case writeToReadOnly = "write-to-read-only-memory"
  case executeNonExecutable = "execute-non-executable-memory"
  case mappingBeyondFile = "mapping-beyond-end-of-file"
  case illegalInstruction = "illegal-instruction"
  case compilerTrap = "compiler-trap"
  case divisionByZero = "division-by-zero"
  case divisionOverflow = "division-overflow"
  case floatingPointException = "floating-point-exception"
  case stackSmashing = "stack-smashing"
  case forbiddenSystemCall = "forbidden-system-call"
  case signalFromOutside = "signal-from-another-process"
  case signalFromKernel = "signal-from-the-kernel"
  case ownSignal = "signal-from-itself"
  case assertionFailure = "assertion-failure"
  case heapCorruption = "heap-corruption"
  case useAfterFree = "use-after-free"
  case heapBufferOverflow = "heap-buffer-overflow"
  case bufferOverflow = "buffer-overflow"
  case misalignedAccess = "misaligned-access"
  case abort = "abort"
  case rustPanic = "rust-panic"
  case uncaughtException = "uncaught-exception"
  case terminateCalled = "terminate-called"
  case pureVirtualCall = "pure-virtual-call"
  case swiftFatalError = "swift-fatal-error"
  case deadlock
  case selfDeadlock = "self-deadlock"
  case lockHeldByGoneThread = "lock-held-by-gone-thread"
  case lockHeldAcrossFork = "lock-held-across-fork"
  case joinOfGoneThread = "join-of-gone-thread"
  case lostWakeup = "lost-wakeup"
  case threadsNeverJoined = "threads-never-joined"
  case joinFailed = "join-failed"
  case joinedTwice = "thread-joined-twice"
  case useAfterDetach = "use-after-detach"
  case threadCreationFailed = "thread-creation-failed"
  case noWriterLeft = "pipe-that-nobody-writes"

  /// The name for people: "stack exhaustion".
  public var title: String { rawValue.split(separator: "-").joined(separator: " ") }
}
