/// A piece of memory that is used as a stack, and what lies below it.
public struct StackRegion: Sendable, Equatable {
  /// The lowest address that can be written to, and the one after the highest.
  public let start: UInt64
  public let end: UInt64
  /// What a stack that grows beyond `start` runs into.
  public let boundary: Boundary
  /// Whose stack it is, and of what sort.
  public let kind: Kind
  /// Whether it lies in the heap that brk(2) grows.
  public let isInHeap: Bool

  /// What sort of stack it is.
  public enum Kind: Sendable, Equatable {
    /// The process's first stack, which the kernel grows down to RLIMIT_STACK.
    case main
    /// The stack that the thread with this id was made with.
    case thread(Int32)
    /// The alternate signal stack (sigaltstack(2)) that the thread with this id is on.
    case signalStack(Int32)
    /// An array among the data of the module with this name.
    case data(module: String)
    /// Any other memory: a segment of a split stack, a fiber's, a program's own.
    case other

    /// Whether it is an array among a module's data.
    package var isData: Bool {
      if case .data = self { true } else { false }
    }
  }

  /// What lies below a stack.
  public enum Boundary: Sendable, Equatable {
    /// A mapping without permissions, from its first to after its last address: a guard.
    case guardPages(Range<UInt64>)
    /// Nothing is mapped there; from after the mapping below to `start`. Below the main stack the kernel keeps
    /// at least 1 MiB free (stack_guard_gap).
    case gap(Range<UInt64>)
    /// Other memory, which would be written over, or, if it may not be written to, stops the stack as a guard does.
    case memory(start: UInt64, isWritable: Bool)

    /// The addresses that cannot be written to; empty where the stack would run into writable memory.
    public var forbidden: Range<UInt64> {
      switch self {
      case .guardPages(let range), .gap(let range): range
      case .memory: 0..<0
      }
    }
  }

  public init(start: UInt64, end: UInt64, boundary: Boundary, kind: Kind, isInHeap: Bool = false) {
    self.start = start
    self.end = end
    self.boundary = boundary
    self.kind = kind
    self.isInHeap = isInHeap
  }

  /// In bytes.
  public var size: UInt64 { end - start }
  /// The mapping without permissions directly below; nil where there is none in the dump.
  public var guardRange: Range<UInt64>? {
    if case .guardPages(let range) = boundary { range } else { nil }
  }
  /// Whether the target's `address` lies in what can be written to.
  public func contains(_ address: UInt64) -> Bool { address >= start && address < end }

  /// How many bytes are left between the stack pointer and the end of what can be written to; nil where it lies
  /// elsewhere. It is negative where it has left the region downwards, into the guard or beyond.
  public func bytesLeft(below stackPointer: UInt64) -> Int64? {
    guard stackPointer <= end else { return nil }
    let left = stackPointer.subtractingReportingOverflow(start)
    return Int64(exactly: left.overflow ? start - stackPointer : left.partialValue).map { left.overflow ? -$0 : $0 }
  }

  /// Whether an access to `address` is one beyond the lower end: in the guard or the gap.
  public func isBeyondEnd(_ address: UInt64) -> Bool { boundary.forbidden.contains(address) }
}
