/// What a guarded program finds in its environment, beside what the user has put there.
package struct GuardEnvironment: Equatable, Sendable {
  /// Tell at the end of each process what was done.
  package var hasSummary = false
  /// Take all of this out of the environment before the program begins, so that it starts its children without.
  package var leavesChildrenAlone = false
  /// Hazards that are left as they are, by their names; the library knows the same ones.
  package var spared: [String] = []
  /// Where lines go instead of standard error; absolute.
  package var log: String?

  package init() {}

  /// The environment with the library before whatever the user has preloaded.
  ///
  /// - Parameters:
  ///   - present: the entries as they are, "NAME=value".
  ///   - library: the library's path.
  ///   - process: this process, which the program will be.
  package func added(to present: [String], library: String, process: Int32) -> [String] {
    let ours = ["LD_PRELOAD=", "INQUEST_GUARD=", "INQUEST_GUARD_LOG="]
    let preloaded = present.last { $0.hasPrefix(ours[0]) }.map { String($0.dropFirst(ours[0].count)) } ?? ""
    // A guarded program that runs us: the library once is enough.
    let others = preloaded.split(separator: ":").filter { $0 != library }.joined(separator: ":")
    var words = [String(process)]
    if hasSummary { words.append("summary") }
    if leavesChildrenAlone { words.append("no-children") }
    words += spared.map { "without-" + $0 }
    var result = present.filter { entry in !ours.contains { entry.hasPrefix($0) } }
    if allowSanitizer(in: &result) { words.append("asan") }
    result.append(ours[0] + (others.isEmpty ? library : library + ":" + others))
    result.append(ours[1] + words.joined(separator: ","))
    if let log { result.append(ours[2] + log) }
    return result
  }

  /// Returns whether anything was added, which `--no-children` takes out again.
  ///
  /// AddressSanitizer's library ends a program into which another was loaded before it, since that could take its
  /// functions' place. Ours calls those that stand behind it, which are the sanitizer's.
  private func allowSanitizer(in entries: inout [String]) -> Bool {
    let name = "ASAN_OPTIONS="
    let option = "verify_asan_link_order=0"
    guard let index = entries.lastIndex(where: { $0.hasPrefix(name) }) else {
      entries.append(name + option)
      return true
    }
    if entries[index].contains("verify_asan_link_order=") { return false }
    entries[index] += entries[index] == name ? option : ":" + option
    return true
  }
}
