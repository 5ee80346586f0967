package import Machine

/// A seccomp filter under which a program stops (SECCOMP_RET_TRACE, PTRACE_EVENT_SECCOMP) for the calls that were asked
/// for, and for nothing else. A classic BPF program (`include/uapi/linux/seccomp.h`, `filter.h`).
///
/// The kernel works out at once which calls a filter lets pass whatever their arguments (Linux 5.11): those cost nothing.
///
/// What a filter changes for the program:
/// - Where the tracer lacks CAP_SYS_ADMIN, the kernel wants PR_SET_NO_NEW_PRIVS: set-uid programs then run without their
///   privilege. (Under a tracer without privilege they do so anyway.) With the capability it is not set.
/// - It shows in `/proc/PID/status` and to `prctl(PR_GET_SECCOMP)`, and strict mode (SECCOMP_SET_MODE_STRICT) is refused.
/// - A process that is let go, or that the tracer cannot see, gets ENOSYS for the calls that were asked for. Therefore
///   children that are made with CLONE_UNTRACED are made visible (``StoppedThread/revealChild(of:)``).
///
/// Calls of 32-bit programs pass.
package struct SeccompFilter: Sendable {
  /// `struct sock_filter`, packed as the kernel has it on little-endian hosts.
  let program: [UInt64]

  /// The data of a stop for a clone that would hide its child.
  package static let hiding: UInt16 = 0xc10e

  /// - Parameters:
  ///   - traced: the numbers of the calls to stop for.
  ///   - seesClone3: whether every `clone3` stops as well, so that a child that it would hide can be seen: its flags lie in
  ///     memory, where a filter cannot look. `clone` stops only where it would hide one.
  ///   - data: what the stops tell (`WaitReport.Stop.seccomp`); those for hidden children tell ``hiding``.
  package init(
    traced: Set<Int>, seesClone3: Bool = false, data: UInt16 = 0, architecture: Architecture = .host
  ) {
    let calls = traced.filter { (0..<0x4000_0000).contains($0) }
    let clone: UInt32 = architecture == .x86_64 ? 56 : 220
    let clone3: UInt32 = 435
    var code = [
      BPF.load(4),
      BPF.jumpIfEqual(Self.auditArchitecture(architecture), 1, 0),
      BPF.give(Self.allow),
      BPF.load(0),
    ]
    // CLONE_UNTRACED is in the low half of the first argument.
    code += [
      BPF.jumpIfEqual(clone, 0, 4), BPF.load(16), BPF.jumpIfSet(CloneFlags.untraced, 0, 1),
      BPF.give(Self.trace | UInt32(Self.hiding)), BPF.load(0),
    ]
    if seesClone3 { code += [BPF.jumpIfEqual(clone3, 0, 1), BPF.give(Self.trace | UInt32(Self.hiding))] }
    program = code + Self.search(Self.runs(of: calls.sorted())[...], Self.trace | UInt32(data))
  }

  private static let allow: UInt32 = 0x7fff_0000
  private static let trace: UInt32 = 0x7ff0_0000

  /// AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64.
  static func auditArchitecture(_ architecture: Architecture) -> UInt32 {
    architecture == .x86_64 ? 0xC000_003E : 0xC000_00B7
  }

  /// Numbers in order, as ranges without gaps.
  private static func runs(of numbers: [Int]) -> [ClosedRange<UInt32>] {
    var runs: [ClosedRange<UInt32>] = []
    for number in numbers.map({ UInt32($0) }) {
      if let last = runs.last, last.upperBound + 1 == number {
        runs[runs.count - 1] = last.lowerBound...number
      } else {
        runs.append(number...number)
      }
    }
    return runs
  }

  /// Code that ends with a verdict on the number that is loaded, by halves.
  private static func search(_ runs: ArraySlice<ClosedRange<UInt32>>, _ verdict: UInt32) -> [UInt64] {
    guard let first = runs.first else { return [BPF.give(allow)] }
    if runs.count == 1 {
      return [
        BPF.jumpIfAtLeast(first.lowerBound, 0, 2), BPF.jumpIfAbove(first.upperBound, 1, 0), BPF.give(verdict),
        BPF.give(allow),
      ]
    }
    let middle = runs.startIndex + runs.count / 2
    let low = search(runs[..<middle], verdict)
    // Conditional jumps reach 255 instructions, the other kind as far as one likes.
    return [BPF.jumpIfAtLeast(runs[middle].lowerBound, 0, 1), BPF.jump(UInt32(low.count))] + low
      + search(runs[middle...], verdict)
  }
}

/// Instructions of classic BPF (`include/uapi/linux/filter.h`, `bpf_common.h`): code, two jumps, an operand.
private enum BPF {
  private static func make(_ code: UInt16, _ ifTrue: UInt8, _ ifFalse: UInt8, _ operand: UInt32) -> UInt64 {
    UInt64(code) | UInt64(ifTrue) << 16 | UInt64(ifFalse) << 24 | UInt64(operand) << 32
  }
  /// Loads a word of `struct seccomp_data`: nr at 0, arch at 4, the low half of the first argument at 16.
  static func load(_ offset: UInt32) -> UInt64 { make(0x20, 0, 0, offset) }
  static func jump(_ distance: UInt32) -> UInt64 { make(0x05, 0, 0, distance) }
  static func jumpIfEqual(_ value: UInt32, _ yes: UInt8, _ no: UInt8) -> UInt64 { make(0x15, yes, no, value) }
  static func jumpIfAbove(_ value: UInt32, _ yes: UInt8, _ no: UInt8) -> UInt64 { make(0x25, yes, no, value) }
  static func jumpIfAtLeast(_ value: UInt32, _ yes: UInt8, _ no: UInt8) -> UInt64 { make(0x35, yes, no, value) }
  static func jumpIfSet(_ bits: UInt32, _ yes: UInt8, _ no: UInt8) -> UInt64 { make(0x45, yes, no, bits) }
  static func give(_ verdict: UInt32) -> UInt64 { make(0x06, 0, 0, verdict) }
}

/// Flags of `clone` (`include/uapi/linux/sched.h`).
enum CloneFlags {
  static let untraced: UInt32 = 0x0080_0000
}
