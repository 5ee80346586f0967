internal import ELF
internal import Machine
internal import ModuleFiles
internal import Targets
internal import Unwinding

/// The variables of the modules that the frames near to what died are in: some programs keep the name of what they read
/// nowhere else. They belong to all of the program, so that they say less than any frame.
enum GlobalRoots {
  private static let nearFrames = 16
  private static let mostModules = 4
  /// How much of a module's variables is looked at.
  private static let mostBytes: UInt64 = 512 << 10
  /// As if so many calls lay between: farther than a frame is near (``ClueRanking``).
  private static let distance = 14

  static func of(_ roots: [ClueRoot], in investigation: Investigation) -> [ClueRoot] {
    var seen: Set<Int> = []
    var found: [ClueRoot] = []
    for root in roots.prefix(nearFrames) where found.count < mostModules {
      guard let index = investigation.target.moduleIndex(containing: root.frame.lookupAddress),
        seen.insert(index).inserted
      else { continue }
      let module = investigation.target.modules[index]
      guard !LibraryCall.libraries.contains(where: { module.name.hasPrefix($0) }) else { continue }
      // Not whole pages: the constants of a file may share one with its variables.
      for segment in (module.image ?? module.file?.elf)?.segments ?? []
      where segment.type == ProgramHeader.load && segment.isWritable {
        let start = segment.address &+ module.bias
        let (end, overflow) = start.addingReportingOverflow(segment.memorySize)
        guard !overflow else { continue }
        for mapping in investigation.target.mappings
        where mapping.start < end && mapping.end > start && mapping.dumpedSize > 0 {
          let (low, high) = (max(start, mapping.start), min(end, mapping.start + mapping.dumpedSize))
          guard low < high else { continue }
          found.append(
            ClueRoot(
              frame: root.frame, distance: distance, isOutermost: true,
              variables: low..<low + min(high - low, mostBytes)))
        }
      }
    }
    return found
  }
}
