internal import Bytes
internal import Diagnosis
internal import Machine
internal import Targets

/// Bytes of a target, as `inquest examine CORE memory` shows them.
package struct MemoryDump: Encodable, Sendable {
  package let address: HexAddress
  /// What lies there.
  package let region: String
  /// In hexadecimal, without spaces.
  package let bytes: String
  /// How many of the bytes that were asked for the core does not hold.
  package let missing: Int
}

extension Examination {
  /// The most bytes that are shown at once.
  package static let mostBytes = 1 << 24

  /// Up to `count` bytes at `address`.
  package func memoryView(at address: UInt64, count: Int) throws(ExaminationError) -> MemoryDump {
    let count = min(max(count, 1), Self.mostBytes)
    let bytes = investigation.target.memory.readPrefix(address, count)
    guard !bytes.isEmpty else { throw .notReadable(address) }
    return MemoryDump(
      address: HexAddress(address), region: addresses.place(of: address), bytes: Hexadecimal.text(bytes.array),
      missing: count - bytes.count)
  }

  /// The instructions around `address`, or `count` from it on; around the instruction pointer of a frame where
  /// `address` is nil.
  package func codeView(
    at address: UInt64?, count: Int?, thread: Int32?, frame: Int
  ) throws(ExaminationError) -> [ReportedInstruction] {
    let listing = CodeListing(investigation, addresses)
    let pc = try registers(thread: thread, frame: frame).instructionPointer(investigation.target.architecture)
    guard let place = address ?? pc else { throw .unknownRegister("pc", frame: frame) }
    let instructions =
      if let count { listing.from(place, count: min(count, 100_000), current: pc) } else { listing.around(place) }
    guard !instructions.isEmpty else {
      throw investigation.target.memory.window(containing: place) == nil ? .notReadable(place) : .notCode(place)
    }
    return instructions
  }
}
