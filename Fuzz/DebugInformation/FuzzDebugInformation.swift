import Bytes
import DWARF
import FuzzSupport

/// The input is ten parts, the sections in the order in which `DebugSections` has them; the last one's first bytes
/// are addresses to look up besides those that are always looked up.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let parts = unsafe view(start, count).parts(11)
  var sections = DebugSections()
  sections.info = parts[0]
  sections.abbreviations = parts[1]
  sections.line = parts[2]
  sections.strings = parts[3]
  sections.lineStrings = parts[4]
  sections.stringOffsets = parts[5]
  sections.addresses = parts[6]
  sections.addressRanges = parts[7]
  sections.ranges = parts[8]
  sections.rangeLists = parts[9]
  let chosen = (0..<8).compactMap { parts[10].load(UInt64.self, at: $0 * 8) }
  let addresses = Set(chosen + [0, 0x1000, 0x401000, .max]).sorted()
  // The same sections stand in for the split object that a skeleton refers to, and for dwz's shared file.
  for alternate in [nil, sections] {
    let information = DebugInformation(sections, alternate: alternate) { _ in sections }
    for place in information.lookUp(addresses) {
      _ = (place.location?.path.count, place.function?.name?.text, place.inlined.count)
    }
    precondition(information.problems.count <= 32)
  }
  return 0
}
