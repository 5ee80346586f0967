import Bytes
import Compression
import ELF
import FuzzSupport

/// The input is an ELF file, or compressed bytes.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = unsafe view(start, count)
  decompress(bytes)
  do throws(ELFError) {
    read(try ELFFile(bytes))
  } catch {
    return 0
  }
  return 0
}

/// Asks for everything that an ELF file can tell.
func read(_ file: ELFFile) {
  _ = (file.isTruncated, file.buildID?.array, file.section(named: ".debug_info"))
  let sections = file.sections
  for section in sections.prefix(64) {
    _ = file.name(of: section, in: sections)?.text
    let contents = file.contents(of: section)
    if section.isCompressed, CompressionHeader(contents) != nil { decompress(contents) }
  }
  for segment in file.segments.prefix(64) { _ = file.contents(of: segment).span.byteCount }
  for note in file.notes.prefix(64) { _ = (note.type, note.name.text, note.contents.count) }
  for type in [SectionHeader.symbolTable, SectionHeader.dynamicSymbols] {
    guard let table = file.symbols(type) else { continue }
    for index in 0..<min(table.count, 256) {
      if let symbol = table.symbol(at: index) { _ = table.name(of: symbol)?.text }
    }
  }
}

/// What a stream expands to is bounded, whatever it says of itself.
func decompress(_ bytes: ByteView) {
  let body = bytes.suffix(from: 24) ?? .empty
  for format in CompressionFormat.allCases {
    for stream in [bytes, body] {
      do throws(DecompressionError) {
        let limit = 1 << 20
        let whole = try Decompression.decompress(stream, format, expecting: .max, limit: limit)
        precondition(whole.count <= limit, "more came out than was allowed")
      } catch {
        continue
      }
    }
  }
}
