public import Machine

/// A thread at the moment of the dump or stop (NT_PRSTATUS).
public struct ThreadState: Sendable {
  /// The kernel's thread id.
  public let tid: Int32
  /// Its general registers; empty where its note was cut.
  public var registers: RegisterSet
  /// The signal that it was to take, `pr_cursig`; 0 for none.
  public var signal: Int32
  /// Its name where it can be known; kernels dump only the main thread's.
  public var name: String?
  /// The thread pointer: fs base, TPIDR_EL0.
  public var threadPointer: UInt64?
  /// orig_rax: the number of the system call that the thread was in, or -1. x86-64 only.
  public var systemCall: Int64?

  public init(
    tid: Int32, registers: RegisterSet, signal: Int32 = 0, name: String? = nil, threadPointer: UInt64? = nil,
    systemCall: Int64? = nil
  ) {
    self.tid = tid
    self.registers = registers
    self.signal = signal
    self.name = name
    self.threadPointer = threadPointer
    self.systemCall = systemCall
  }
}
