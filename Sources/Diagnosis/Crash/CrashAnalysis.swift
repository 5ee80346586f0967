extension Investigation {
  /// Why the instruction of `crash` faulted, and which address it went to.
  package func analysis(of crash: Crash) -> FaultAnalysis { FaultAnalysis(crash, in: self) }
}
