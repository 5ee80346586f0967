internal import Machine
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
      for mapping in investigation.target.mappings
      where mapping.start >= module.start && mapping.start < (module.end &+ 0xfff) & ~0xfff
        && mapping.permissions == [.read, .write] && mapping.dumpedSize > 0
      {
        found.append(
          ClueRoot(
            frame: root.frame, distance: distance, isOutermost: true,
            variables: mapping.start..<mapping.start + min(mapping.dumpedSize, mostBytes)))
      }
    }
    return found
  }
}
