public import Bytes

/// A register set of a thread besides its general registers, as the dump holds it.
public struct RegisterNote: Sendable {
  /// The note's type, such as ``floatingPoint``.
  public let type: UInt32
  /// The raw bytes: on x86-64 an FXSAVE area for ``floatingPoint``, an XSAVE area for ``xstate``.
  public let contents: ByteView

  public init(type: UInt32, contents: ByteView) {
    self.type = type
    self.contents = contents
  }

  /// NT_PRFPREG.
  public static let floatingPoint: UInt32 = 2
  /// NT_X86_XSTATE.
  public static let xstate: UInt32 = 0x202
  /// NT_ARM_TLS: TPIDR_EL0, and TPIDR2_EL0 where there is one.
  public static let armThreadPointer: UInt32 = 0x401
  /// NT_ARM_PAC_MASK: the mask of data pointers, then that of code pointers.
  public static let armPointerAuthenticationMask: UInt32 = 0x406
}
