import Bytes
import DWARF
import FuzzSupport

/// The input is two parts: `.debug_line` and `.debug_line_str`. The unit that refers to them is sound.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let parts = unsafe view(start, count).parts(2)
  var sections = DebugSections()
  sections.abbreviations = ByteView(soundAbbreviations)
  sections.info = ByteView(soundUnit)
  sections.line = parts[0]
  sections.lineStrings = parts[1]
  sections.strings = parts[1]
  let information = DebugInformation(sections)
  for place in information.lookUp([0x1000, 0x1001, 0x1010, 0x1100, 0x11ff, 0x2000, 0x7fff]) {
    _ = place.location?.path.count
  }
  return 0
}

/// One abbreviation: a compilation unit without children, with DW_AT_stmt_list (sec_offset), DW_AT_low_pc (addr) and
/// DW_AT_high_pc (data4).
let soundAbbreviations: [UInt8] = [1, 0x11, 0, 0x10, 0x17, 0x11, 0x01, 0x12, 0x06, 0, 0, 0]

/// A DWARF 5 unit of the code from 0x1000 to 0x8000, whose line table begins at 0.
let soundUnit: [UInt8] =
  [25, 0, 0, 0, 5, 0, 1, 8, 0, 0, 0, 0]  // length, version, DW_UT_compile, size of addresses, abbreviations
  + [1, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x70, 0, 0]
