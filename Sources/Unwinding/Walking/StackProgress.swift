internal import Machine

/// Sees to it that a walk never comes to the same place twice, so that it ends.
///
/// A stack is walked as a series of segments: runs of target memory within which the stack pointer grows from
/// frame to frame. A new segment may lie anywhere (a signal on an alternate stack, a fiber, a segmented
/// stack), but not in one that was walked before.
struct StackProgress {
  /// The most segments of one stack. A segmented stack of 1 MiB each has 4,096 of them in 4 GiB.
  static let maximumSegments = 4096
  /// How far above a stack pointer that lies in no memory (an exhausted stack's) the stack is looked for, and in
  /// what steps. The kernel leaves a gap of 1 MiB below a main stack.
  private static let farthestStack: UInt64 = 2 << 20
  private static let page: UInt64 = 4096

  private struct Segment {
    var start: UInt64
    var end: UInt64
  }

  private var walked: [Segment] = []
  private var start: UInt64
  /// The stack pointer of the present frame.
  private(set) var stackPointer: UInt64
  /// Where the present segment must end: at the end of its memory, or where one walked before begins.
  private(set) var limit: UInt64
  /// How many segments were left.
  var segmentNumber: Int { walked.count }
  /// The first readable address of the present segment at or above the stack pointer that it began with.
  private(set) var readableStart: UInt64

  /// A walk that begins at `stackPointer`.
  init(at stackPointer: UInt64, _ memory: any TargetMemory) {
    start = stackPointer
    self.stackPointer = stackPointer
    (readableStart, limit) = Self.readable(from: stackPointer, memory)
  }

  /// The memory that `stackPointer` lies in, or else the nearest above it.
  private static func readable(
    from stackPointer: UInt64, _ memory: any TargetMemory
  ) -> (start: UInt64, end: UInt64) {
    var address = stackPointer
    while address - stackPointer <= farthestStack {
      if let window = memory.window(containing: address) { return (address, window.end) }
      let (next, overflow) = (address & ~(page - 1)).addingReportingOverflow(page)
      guard !overflow else { break }
      address = next
    }
    return (stackPointer, stackPointer)
  }

  /// Whether the frame after the present one may have its stack pointer at `next` without a new segment.
  ///
  /// - Parameter mayStay: a function that uses no stack (aarch64) has its caller's stack pointer.
  func isWithinSegment(_ next: UInt64, mayStay: Bool) -> Bool {
    guard next > stackPointer else { return mayStay && next == stackPointer }
    return next - stackPointer >= 8 && next <= limit
  }

  /// Moves on within the present segment.
  mutating func advance(to next: UInt64) { stackPointer = next }

  /// Begins a new segment at `next`.
  ///
  /// - Returns: false where `next` was walked before, or there are too many segments.
  mutating func beginSegment(at next: UInt64, _ memory: any TargetMemory) -> Bool {
    guard walked.count < Self.maximumSegments else { return false }
    walked.append(Segment(start: start, end: max(start, stackPointer)))
    var (readable, newLimit) = Self.readable(from: next, memory)
    for segment in walked {
      if next >= segment.start && next <= segment.end { return false }
      if segment.start > next { newLimit = min(newLimit, segment.start) }
    }
    readable = min(readable, newLimit)
    start = next
    stackPointer = next
    limit = newLimit
    readableStart = readable
    return true
  }
}
