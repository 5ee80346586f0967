public import Bytes
public import Compression
internal import ELF

/// Why a file cannot be examined as a core at all. What is merely missing from one is a ``Shortfall``.
public enum CoreError: Error, Equatable {
  /// The file could not be opened or mapped.
  case unreadable(FileError)
  /// The file has no bytes: the disk was full, or the dump was stopped at once.
  case empty
  /// The file is compressed, and the temporary file to unpack it to could not be made or written: of errno ENOSPC,
  /// the disk is full.
  case temporaryFile(FileError)
  /// The file is compressed in `format`, and nothing could be unpacked from it.
  case undecompressable(CompressionFormat, DecompressionError)
  /// The file is neither an ELF file nor compressed in a known format.
  case notELF
  /// The file ends within the ELF header; it has `size` bytes.
  case headerTruncated(size: Int)
  /// The file is an ELF file and no core: `type` is its e_type (2, 3: an executable; 1: an object file).
  case notACore(type: UInt16)
  /// EI_CLASS is not ELFCLASS64: a core of a 32-bit program.
  case unsupportedClass(UInt8)
  /// EI_DATA is not ELFDATA2LSB: a core of a big-endian machine.
  case unsupportedByteOrder(UInt8)
  /// e_machine is neither x86-64 nor aarch64.
  case unsupportedMachine(UInt16)
  /// The ELF header contradicts the specification: the size of a table's entry is `size`.
  case damagedHeader(entrySize: UInt16)
  /// No program header lies in the file: it was cut right after its start, or holds nothing.
  case nothingInside

  init(_ error: ELFError) {
    self =
      switch error {
      case .notELF: .notELF
      case .headerTruncated(let size): .headerTruncated(size: size)
      case .unsupportedClass(let value): .unsupportedClass(value)
      case .unsupportedByteOrder(let value): .unsupportedByteOrder(value)
      case .entrySize(let size, _): .damagedHeader(entrySize: size)
      }
  }
}

extension CoreError: CustomStringConvertible {
  /// One clause for people, without the file's name.
  public var description: String {
    switch self {
    case .unreadable(let error): "it cannot be read (error \(error.errno))"
    case .empty: "it is empty: the disk was full, or the dump was stopped at its start"
    case .temporaryFile(let error): "it cannot be unpacked to a temporary file in \(error.path) (error \(error.errno))"
    case .undecompressable(let format, .truncated): "it is compressed with \(format.rawValue), and cut at its start"
    case .undecompressable(let format, .outOfMemory):
      "it is compressed with \(format.rawValue), in a way that needs more memory to unpack than a core should"
    case .undecompressable(let format, _): "it is compressed with \(format.rawValue), and damaged at its start"
    case .notELF: "it is no ELF file, and not one compressed with gzip, zstd, lz4 or xz"
    case .headerTruncated(let size): "it ends after \(size) bytes, within the ELF header"
    case .notACore(let type): "it is an ELF file of type \(type), not a core (type 4)"
    case .unsupportedClass: "it is the core of a 32-bit program"
    case .unsupportedByteOrder: "it is the core of a big-endian machine"
    case .unsupportedMachine(let machine): "it is the core of machine \(machine), neither x86-64 nor aarch64"
    case .damagedHeader(let size): "its ELF header is damaged: entries of \(size) bytes"
    case .nothingInside: "it has no program headers: it was cut right after its start"
    }
  }
}
