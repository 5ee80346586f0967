internal import CLinux

extension ByteView {
  /// Where `pattern` first stands in the view at `offset` or behind it; nil where it does not.
  package func firstIndex(of pattern: ByteView, from offset: Int) -> Int? {
    guard let rest = suffix(from: offset), pattern.count > 0 else { return nil }
    let found = unsafe rest.withUnsafeBytes { bytes in
      unsafe pattern.withUnsafeBytes { wanted in
        unsafe inquest_find(bytes.baseAddress, UInt64(bytes.count), wanted.baseAddress, UInt64(wanted.count))
      }
    }
    return found < 0 ? nil : offset + Int(found)
  }

  /// The parts of the view that were written, of a mapped file with holes in it; the whole where that is not known.
  ///
  /// Reading a hole costs a page of memory for nothing.
  /// - Parameter most: more parts than this are taken for one, from there on.
  package func writtenParts(most: Int = 4096) -> [Range<Int>] {
    guard let file = storage as? MappedFile, file.isMappedByPath, count > 0 else { return count > 0 ? [0..<count] : [] }
    let collector = Collector(most: most)
    let context = unsafe Unmanaged.passUnretained(collector)
    let result = unsafe inquest_data_runs(
      file.path, UInt64(offset), UInt64(offset) + UInt64(count),
      { context, start, end in
        guard let context = unsafe context else { return 0 }
        return unsafe Unmanaged<Collector>.fromOpaque(context).takeUnretainedValue().add(start, end) ? 1 : 0
      }, context.toOpaque())
    // The file may have another name by now; what is mapped is still there.
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
