package import Bytes
package import Compression

/// The bytes of a core file, unpacked where it is compressed.
package struct CoreContent {
  package let bytes: ByteView
  /// Why not all of a compressed file could be unpacked.
  package let failure: DecompressionError?

  /// - Parameters:
  ///   - path: the host's path.
  ///   - limit: how large what lies in a compressed file may become, by its size and its first bytes.
  ///   - progress: called now and then while the file is unpacked.
  package init(
    path: String, limit: (_ size: Int, _ start: ByteView) -> Int = { _, _ in Decompression.maximumFileSize },
    progress: ((DecompressionProgress) -> Void)?
  ) throws(CoreError) {
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
      let start = Decompression.start(of: stored, format, count: 512)
      let unpacked = try Decompression.decompressFile(
        stored, format, limit: limit(stored.count, start), progress: progress)
      (bytes, failure) = (unpacked.bytes, unpacked.failure)
    } catch {
      throw .temporaryFile(error)
    }
    if bytes.isEmpty, let failure { throw .undecompressable(format, failure) }
  }
}
