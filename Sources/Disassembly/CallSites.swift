public import Bytes
internal import Machine

extension Disassembler {
  /// The call instruction that ends where `bytes` end: the one a return address belongs to.
  ///
  /// x86-64 instructions cannot be read backwards: the lengths that a call can have are tried, first the
  /// usual five bytes with a relative target, then the indirect forms, longest first, since a shorter one may
  /// be the tail of a longer.
  /// - Parameters:
  ///   - address: the return address, in the target.
  ///   - bytes: what lies before it; eight bytes are enough.
  /// - Returns: nil where no call ends there.
  public func call(before address: UInt64, _ bytes: ByteView) -> Instruction? {
    let lengths = architecture == .aarch64 ? [4] : [5, 8, 7, 6, 4, 3, 2]
    for length in lengths {
      guard let tail = bytes.suffix(from: bytes.count - length),
        let call = instruction(at: address &- UInt64(length), tail),
        call.kind == .call, call.bytes.count == length
      else { continue }
      // A prefix before E8 is more likely the end of the instruction before the call.
      if architecture == .x86_64, length > 5, call.target != nil { continue }
      return call
    }
    return nil
  }
}
