internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

extension Investigation {
  /// Texts that tell which input the program was working on, best first; empty where nothing convinces. Behind them,
  /// paths below the working folder that stand anywhere in memory.
  ///
  /// - Parameter files: tells what a path, absolute in the target, is on the host; nil where that must not be asked.
  package func clues(files: ((_ path: String) -> FileExistence)? = nil) -> Clues {
    guard let thread = target.signalledThread else { return Clues(clues: [], searchedBytes: nil) }
    let crash = crashes.first
    let surroundings = Surroundings(target)
    let frames = ClueRoots.marked(ClueRoots.of(crash?.walk ?? walk(ofThread: 0)), in: self)
    let roots = frames + GlobalRoots.of(frames, in: self)
    var search = ClueSearch(target, roots: roots, surroundings: surroundings)
    search.run(registers: crash?.registers ?? thread.registers)
    let ranking = ClueRanking(target, surroundings, check: files)
    let near = ranking.ranked(search.sightings).map { ranked in
      Clue(
        kind: ranked.sighting.kind, text: ranked.sighting.text, certainty: ranked.certainty,
        place: place(of: ranked.sighting, in: search), address: ranked.sighting.address, isByTheWay: false,
        reasons: ranked.reasons)
    }
    guard let folder = surroundings.workingFolder else { return Clues(clues: near, searchedBytes: nil) }
    let scan = PathScan(target, below: folder, environment: surroundings.environmentTexts)
    let others = scan.hits.filter { hit in
      ranking.mayBeInput(hit.path) && !near.contains { hit.path.hasSuffix($0.text) || $0.text.hasSuffix(hit.path) }
    }.map { hit in
      Clue(
        kind: .path, text: hit.path, certainty: .possible, place: region(hit.address), address: hit.address,
        isByTheWay: true, reasons: ["lies below the working folder"])
    }
    return Clues(clues: near + others, searchedBytes: scan.isCut ? PathScan.standardBytes : nil)
  }

  /// "frame 12 parse_item, stack slot +0x18 → object +0x10 → text".
  private func place(of sighting: ClueSearch.Sighting, in search: ClueSearch) -> String {
    var way: [String] = []
    var current = sighting.step
    var root: Int32 = 0
    var top: Int32 = 0
    while search.steps.indices.contains(current) {
      let step = search.steps[current]
      (root, top) = (step.root, step.offset)
      if step.isRegister {
        way.append(registerName(Int(step.offset)))
      } else {
        way.append((step.parent < 0 ? "stack slot " : "object ") + "+" + hex(UInt64(max(0, step.offset))))
      }
      current = Int(step.parent)
    }
    let end = sighting.address == nil ? " → mapped file" : sighting.way.isInline ? "" : " → text"
    if let variables = search.roots[Int(root)].variables, !way.isEmpty {
      let address = variables.lowerBound &+ UInt64(max(0, top))
      way[way.count - 1] = "variable \(variable(at: address) ?? hex(address))"
      return way.reversed().joined(separator: " → ") + end
    }
    let frame = search.roots[Int(root)].frame
    return "frame \(frame.number) \(functionName(of: frame)), " + way.reversed().joined(separator: " → ") + end
  }
}

extension ClueRoots {
  /// The roots with `main`, and what lies further out, marked as outermost.
  static func marked(_ roots: [ClueRoot], in investigation: Investigation) -> [ClueRoot] {
    let outer = roots.sorted { $0.frame.number > $1.frame.number }.prefix(12)
    let names = investigation.rawNames(of: outer.map(\.frame))
    let main = zip(outer, names).first { $0.1 == "main" }?.0.frame.number
    guard let main else { return roots }
    return roots.map { root in
      var root = root
      root.isOutermost = root.frame.number >= main
      return root
    }
  }
}
