import Bytes
import Compression
import Foundation
import TestSupport
import Testing

/// Packed by the formats' own tools.
enum Packed {
  /// lz4 with blocks of 256 KiB: of a block that is cut nothing comes out, and by default one has 4 MiB.
  static let tools: [CompressionFormat: [String]] = [
    .gzip: ["gzip", "-c"], .zstd: ["zstd", "-q", "-c"], .lz4: ["lz4", "-q", "-B5", "-c"], .xz: ["xz", "-c"],
  ]

  /// `bytes` as the format's tool packs them.
  static func pack(_ bytes: [UInt8], _ format: CompressionFormat) throws -> [UInt8] {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/in"))
    let tool = try #require(tools[format]).joined(separator: " ")
    try runChecked(["sh", "-c", "\(tool) < in > out"], in: folder)
    return Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/out")))
  }

  /// Bytes that shrink a little: a linear congruential generator's, in runs.
  static func sample(_ count: Int) -> [UInt8] {
    var state: UInt32 = 12345
    return (0..<count).map { index in
      if index % 3 == 0 { state = state &* 1_664_525 &+ 1_013_904_223 }
      return UInt8(truncatingIfNeeded: state >> 24)
    }
  }
}

@Suite("Decompression in memory")
struct DecompressionTests {
  @Test("gives back what was packed, whatever size was expected", arguments: CompressionFormat.allCases)
  func roundTrip(_ format: CompressionFormat) throws {
    let original = Packed.sample(100_000)
    let packed = ByteView(try Packed.pack(original, format))
    #expect(CompressionFormat(magicOf: packed) == format)
    for expected in [0, 1, 100_000, UInt64.max] {
      #expect(try Decompression.decompress(packed, format, expecting: expected, limit: 100_000).array == original)
    }
  }

  @Test("gives nothing where nothing was packed", arguments: CompressionFormat.allCases)
  func nothing(_ format: CompressionFormat) throws {
    let packed = ByteView(try Packed.pack([], format))
    #expect(try Decompression.decompress(packed, format, limit: 0).isEmpty)
  }

  @Test("goes on with frames that follow one another", arguments: CompressionFormat.allCases)
  func frames(_ format: CompressionFormat) throws {
    let packed = try Packed.pack([1, 2, 3], format) + Packed.pack([4, 5], format)
    #expect(try Decompression.decompress(ByteView(packed), format, limit: 100).array == [1, 2, 3, 4, 5])
  }

  @Test("stops at the limit, one byte short of the whole or a thousand times", arguments: CompressionFormat.allCases)
  func limit(_ format: CompressionFormat) throws {
    let packed = ByteView(try Packed.pack([UInt8](repeating: 0, count: 10_000_000), format))
    #expect(packed.count < 100_000)
    for limit in [0, 9_999, 9_999_999] {
      #expect(throws: DecompressionError.tooLarge(limit: limit)) {
        try Decompression.decompress(packed, format, limit: limit)
      }
    }
  }

  @Test("says where a stream was cut", arguments: CompressionFormat.allCases)
  func cut(_ format: CompressionFormat) throws {
    let packed = try Packed.pack(Packed.sample(10_000), format)
    for length in [1, 10, packed.count / 2, packed.count - 1] {
      do throws(DecompressionError) {
        _ = try Decompression.decompress(ByteView(Array(packed.prefix(length))), format, limit: 1 << 20)
        Issue.record("\(length) of \(packed.count) bytes were enough")
      } catch {
        #expect(error == .truncated(offset: length))
      }
    }
  }

  @Test("never takes damaged bytes for whole ones, and never ends badly", arguments: CompressionFormat.allCases)
  func damaged(_ format: CompressionFormat) throws {
    let original = Packed.sample(2_000)
    let packed = try Packed.pack(original, format)
    var differing = 0
    for index in packed.indices {
      var bytes = packed
      bytes[index] ^= 0x55
      do throws(DecompressionError) {
        let found = try Decompression.decompress(ByteView(bytes), format, limit: 1 << 16)
        if found.array != original { differing += 1 }
      } catch {
        differing += 1
      }
    }
    #expect(differing > packed.count / 2)
  }

  @Test("of zlib's own format is what Python packs")
  func zlib() throws {
    let script = "import sys,zlib;sys.stdout.buffer.write(zlib.compress(bytes(range(256))*100))"
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try runChecked(["sh", "-c", "python3 -c '\(script)' > out"], in: folder)
    let packed = ByteView(Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/out"))))
    let found = try Decompression.zlib(packed, limit: 25_600)
    #expect(found.count == 25_600)
    #expect(found.array.prefix(256) == Array(0...255)[...])
  }

  @Test(
    "knows no format in other bytes", arguments: [[], [0x1f], [0x7f, 0x45, 0x4c, 0x46], [0x28, 0xb5, 0x2f, 0xfe]])
  func noMagic(_ bytes: [UInt8]) {
    #expect(CompressionFormat(magicOf: ByteView(bytes)) == nil)
  }

  @Test("has the checksum that gdb documents", arguments: [("", 0), ("123456789", 0xcbf4_3926)] as [(String, UInt32)])
  func checksum(_ text: String, _ expected: UInt32) {
    #expect(CRC32.checksum(ByteView(Array(text.utf8))) == expected)
  }
}
