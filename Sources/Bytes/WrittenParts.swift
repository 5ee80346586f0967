internal import CLinux

/// Which parts of a file were written, and which are holes: reading a hole costs a page of memory for nothing.
///
/// The file is opened once, however many parts of it are asked for.
package final class WrittenParts {
  private let file: MappedFile?
  private let descriptor: Int32?
  private let most: Int

  /// - Parameters:
  ///   - bytes: any view of the file. Of bytes that are no mapped file nothing is known.
  ///   - most: more parts of a view than this are taken for one, from there on.
  package init(of bytes: ByteView, most: Int = 4096) {
    let file = bytes.storage as? MappedFile
    let opened = if let file, file.isMappedByPath { unsafe inquest_open_again(file.path) } else { Int32(-1) }
    self.file = file
    // The file may have another name by now; what is mapped is still there.
    descriptor = opened < 0 ? nil : opened
    self.most = most
  }

  deinit {
    if let descriptor { inquest_close(descriptor) }
  }

  /// Whether a view is of this file.
  package func isOf(_ bytes: ByteView) -> Bool { file != nil && bytes.storage === file }

  /// The parts of a view that were written; the whole where that is not known.
  package func parts(of bytes: ByteView) -> [Range<Int>] {
    let (offset, count) = (bytes.offset, bytes.count)
    guard count > 0 else { return [] }
    guard let descriptor, bytes.storage === file else { return [0..<count] }
    let collector = Collector(most: most)
    let context = unsafe Unmanaged.passUnretained(collector)
    let result = unsafe inquest_data_runs(
      descriptor, UInt64(offset), UInt64(offset) + UInt64(count),
      { context, start, end in
        guard let context = unsafe context else { return 0 }
        return unsafe Unmanaged<Collector>.fromOpaque(context).takeUnretainedValue().add(start, end) ? 1 : 0
      }, context.toOpaque())
    guard result == 0 else { return [0..<count] }
    var parts = collector.parts.compactMap { part -> Range<Int>? in
      guard let start = Int(exactly: part.start), let end = Int(exactly: part.end), start >= offset, end > start,
        end - offset <= count
      else { return nil }
      return start - offset..<end - offset
    }
    if parts.count == most, let last = parts.popLast() { parts.append(last.lowerBound..<count) }
    return parts
  }

  private final class Collector {
    let most: Int
    var parts: [(start: UInt64, end: UInt64)] = []

    init(most: Int) { self.most = most }

    func add(_ start: UInt64, _ end: UInt64) -> Bool {
      parts.append((start, end))
      return parts.count < most
    }
  }
}
