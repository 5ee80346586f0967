import Bytes
import Compression
import Foundation
import TestSupport
import Testing

@Suite("Decompression of a file")
struct FileDecompressionTests {
  /// Bytes, then zeros, then bytes: 3 MiB and a little.
  static let original: [UInt8] =
    Packed.sample(600_000) + [UInt8](repeating: 0, count: 2_500_000) + Packed.sample(300_001)

  @Test("gives back what was packed, zeros included", arguments: CompressionFormat.allCases)
  func roundTrip(_ format: CompressionFormat) throws {
    let packed = ByteView(try Packed.pack(Self.original, format))
    var steps: [UInt64] = []
    let file = try Decompression.decompressFile(packed, format) { steps.append($0.produced) }
    #expect(file.failure == nil)
    #expect(file.bytes.count == Self.original.count)
    #expect(file.bytes.array == Self.original)
    #expect(steps.count >= 3)
    #expect(steps == steps.sorted())
    #expect(steps.last == UInt64(Self.original.count))
  }

  @Test("gives what came before the place where the file is cut", arguments: CompressionFormat.allCases)
  func cut(_ format: CompressionFormat) throws {
    let packed = try Packed.pack(Self.original, format)
    let length = packed.count / 2
    let file = try Decompression.decompressFile(ByteView(Array(packed.prefix(length))), format)
    #expect(file.failure == .truncated(offset: length))
    #expect(file.bytes.count > 200_000)
    #expect(file.bytes.count < Self.original.count)
    #expect(file.bytes.array == Array(Self.original.prefix(file.bytes.count)))
  }

  @Test("gives what came before the place where the file is damaged", arguments: CompressionFormat.allCases)
  func damaged(_ format: CompressionFormat) throws {
    var packed = try Packed.pack(Self.original, format)
    let place = packed.count / 2
    packed.replaceSubrange(place..<(place + 64), with: [UInt8](repeating: 0xff, count: 64))
    let file = try Decompression.decompressFile(ByteView(packed), format)
    #expect(file.failure != nil)
    #expect(file.bytes.count < Self.original.count || file.bytes.array != Self.original)
  }

  @Test("leaves zeros out of the temporary file", arguments: [CompressionFormat.zstd])
  func sparse(_ format: CompressionFormat) throws {
    let packed = ByteView(try Packed.pack([UInt8](repeating: 0, count: 200 << 20), format))
    // Others write to the same disk meanwhile: one quiet moment is enough.
    var taken: [Int] = []
    while taken.count < 8, taken.allSatisfy({ $0 >= 100 << 20 }) {
      let before = try freeBlocks()
      let file = try Decompression.decompressFile(packed, format)
      taken.append(try before - freeBlocks())
      #expect(file.bytes.count == 200 << 20)
      #expect(file.bytes.load(UInt64.self, at: 100 << 20) == 0)
    }
    #expect(taken.contains { $0 < 100 << 20 }, "\(taken)")
  }

  private func freeBlocks() throws -> Int {
    let values = try FileManager.default.attributesOfFileSystem(forPath: "/var/tmp")
    return (values[.systemFreeSize] as? NSNumber)?.intValue ?? 0
  }
}
