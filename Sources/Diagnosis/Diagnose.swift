internal import Machine
internal import Targets
internal import Unwinding

extension Investigation {
  /// What killed the process, most certain and most specific first; empty where nothing is recognised.
  ///
  /// For each crash, oldest first, the checks for specific causes come before the general ones. A general finding
  /// (a null dereference) is given only where no specific one explains the same crash.
  public func diagnose() -> [Finding] {
    var findings: [Finding] = []
    for crash in crashes {
      // A handler that has seen the real fault, and then ended the program itself.
      if crash.isOwnSignal(in: target), !findings.isEmpty { continue }
      nameFrames(of: crash)
      let fault = FaultAnalysis(crash, in: self)
      var specific: [Finding] = []
      for check in Self.specific {
        guard let finding = check(self, crash, fault) else { continue }
        specific.append(finding)
        if finding.certainty == .proved { break }
      }
      findings += specific
      if !specific.contains(where: { $0.certainty < .possible }) {
        findings += Self.general.lazy.compactMap { $0(self, crash, fault) }.prefix(1)
      }
    }
    return HangFindings.merged(findings, in: self)
  }

  /// Resolves the names of a crash's frames in one batch: a module's symbol table is read once for all of them,
  /// not once for each that a finding speaks of.
  private func nameFrames(of crash: Crash) {
    let frames = crash.walk.frames
    let shown = Array(frames.prefix(64)) + Array(frames.dropFirst(64).suffix(32))
    let largest = frames.dropFirst(64).dropLast(32).filter { $0.cfa > $0.stackPointer &+ 65_536 }.prefix(64)
    _ = rawNames(of: shown + largest)
  }

  typealias Check = @Sendable (Investigation, Crash, FaultAnalysis) -> Finding?

  /// Causes with a story of their own; each explains more than the instruction that faulted.
  static let specific: [Check] = [
    StackExhaustion.finding, EnvironmentRace.finding, UncaughtException.finding, RustPanic.finding,
    SwiftFatalError.finding, LibraryChecks.finding, CorruptHeap.finding, UseAfterFree.finding, HeapOverflow.finding,
  ]

  /// What the fault itself says; the first that fits is taken.
  static let general: [Check] = [
    ForbiddenAccess.beyondFile, BadJump.finding, CorruptStackPointer.finding, ForbiddenAccess.misaligned,
    BadPointer.nonCanonical, BadPointer.null,
    ForbiddenAccess.writeToReadOnly, BadPointer.wild, Traps.finding, Division.finding, ForbiddenSystemCall.finding,
    PlainAbort.finding, SentSignal.finding,
  ]
}
