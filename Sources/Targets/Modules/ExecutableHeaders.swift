internal import Bytes
internal import ELF
internal import Machine

/// The executable's program headers, as the kernel told the program of them (AT_PHDR, AT_PHNUM).
struct ExecutableHeaders {
  let segments: [ProgramHeader]
  /// What is added to an address that the linker stated to give one in the target. Wraps.
  let bias: UInt64
  /// Where the program headers lie.
  let address: UInt64

  private static let maximumCount: UInt64 = 1024

  /// nil where the auxiliary vector does not tell, or the headers are not readable.
  init?(_ vector: AuxiliaryVector, memory: some TargetMemory) {
    guard let address = vector[AuxiliaryVector.programHeaders], let count = vector[AuxiliaryVector.programHeaderCount],
      count > 0, count <= Self.maximumCount, (vector[AuxiliaryVector.programHeaderSize] ?? 56) == 56,
      let bytes = memory.read(address, Int(count) * 56)
    else { return nil }
    segments = (0..<Int(count)).compactMap { bytes.slice($0 * 56, 56).map(ProgramHeader.init) }
    self.address = address
    if let own = segments.first(where: { $0.type == ProgramHeader.programHeaders }) {
      bias = address &- own.address
    } else if let first = segments.first(where: { $0.type == ProgramHeader.load && $0.fileOffset == 0 }) {
      // Without PT_PHDR the headers follow the ELF header, which the first segment begins with.
      bias = (address &- 64) &- first.address
    } else {
      bias = 0
    }
  }

  /// The address of the dynamic section; nil for a program without one.
  var dynamic: UInt64? {
    segments.first { $0.type == ProgramHeader.dynamic }.map { bias &+ $0.address }
  }
}
