internal import Bytes
internal import Compression

/// The bytes of a core file, unpacked where it is compressed.
struct CoreContent {
  let bytes: ByteView
  /// Why not all of a compressed file could be unpacked.
  let failure: DecompressionError?

  init(path: String, progress: ((DecompressionProgress) -> Void)?) throws(CoreError) {
    let file: MappedFile
    do throws(FileError) {
      file = try MappedFile(path: path)
    } catch {
      throw .unreadable(error)
    }
    let stored = ByteView(file)
    guard let format = CompressionFormat(magicOf: stored) else {
      file.adviseRandomAccess()
      (bytes, failure) = (stored, nil)
      return
    }
    do throws(FileError) {
      let unpacked = try Decompression.decompressFile(stored, format, progress: progress)
      (bytes, failure) = (unpacked.bytes, unpacked.failure)
    } catch {
      throw .temporaryFile(error)
    }
    if bytes.isEmpty, let failure { throw .undecompressable(format, failure) }
  }
}
