internal import Targets

/// Orders the texts that were met by how much speaks for their being the program's input.
struct ClueRanking {
  /// What a path is on the host, or in the folder that stands for the target's root.
  package typealias FileCheck = (_ path: String) -> FileExistence

  private let surroundings: Surroundings
  private let modules: Set<String>
  private let program: String
  /// Extensions of what this program reads.
  private let read: Set<String>
  /// Extensions of the files among its arguments, and those arguments.
  private let given: [String: String]
  private let arguments: [String: Int]
  /// How many arguments may be files to be read.
  private let givenFiles: Int
  /// Arguments that name what the program writes.
  private let outputs: Set<String>
  /// The script that an interpreter was started with: everybody knows of it, so that anything else says more.
  private let script: String?
  private let isInterpreter: Bool
  /// Whether the folder that the program was started in is there to look for files in.
  private let hasFolder: Bool
  private let check: FileCheck?

  /// A text with this many points is worth to be shown.
  static let convincing = 50
  /// So many are checked for being files.
  private static let mostChecks = 48
  /// So many are kept.
  private static let most = 32
  /// A reference from farther away than this says little.
  private static let near = 12

  /// What speaks for a text; those that do not depend on each other decide how certain it is.
  struct Support: OptionSet {
    let rawValue: Int
    /// A frame near to what died refers to it, directly or through one object.
    static let near = Support(rawValue: 1)
    /// Several frames do.
    static let several = Support(rawValue: 2)
    /// The program reads such files, or it is a whole statement or request.
    static let form = Support(rawValue: 4)
    /// It is an argument of the command line.
    static let argument = Support(rawValue: 8)
    /// It is a file that is mapped.
    static let mapped = Support(rawValue: 16)
    /// It is a file on the host or under the sysroot.
    static let exists = Support(rawValue: 32)
  }

  /// A text with its judgement.
  struct Ranked {
    var sighting: ClueSearch.Sighting
    var points: Int
    var support: Support
    var reasons: [String]
    var shape: PathShape?
    var certainty = Certainty.possible
  }

  init(_ target: any Target, _ surroundings: Surroundings, check: FileCheck?) {
    self.surroundings = surroundings
    self.check = check
    modules = Set(target.modules.map(\.path))
    let executable = target.modules.first.map(\.name) ?? ""
    program = executable.isEmpty ? target.process.name ?? "the program" : executable
    read = FileKinds.read(by: program)
    let all = surroundings.arguments
    let written = Set(zip(all, all.dropFirst()).filter { $0.0 == "-o" || $0.0 == "--output" }.map(\.1))
    // The same name elsewhere on the line is that of a file that is read.
    let outputs = written.filter { name in all.count { $0 == name } == 1 }
    var files = 0
    var given: [String: String] = [:]
    var arguments: [String: Int] = [:]
    for (index, argument) in surroundings.arguments.enumerated().dropFirst() {
      if arguments[argument] == nil { arguments[argument] = index }
      guard let shape = PathShape(argument), let end = shape.fileExtension, shape.isPlausible,
        !SystemPaths.contains(shape), !outputs.contains(argument)
      else { continue }
      files += 1
      if given[end] == nil { given[end] = argument }
    }
    givenFiles = files
    self.given = given
    self.arguments = arguments
    self.outputs = outputs
    isInterpreter = FileKinds.isInterpreter(program)
    script = isInterpreter ? all.dropFirst().first { !$0.hasPrefix("-") && PathShape($0) != nil } : nil
    hasFolder = surroundings.workingFolder.map { check?($0) == .folder } ?? false
  }

  /// The texts that convince, best first, each file once; empty where the best does not.
  func ranked(_ sightings: [ClueSearch.Sighting]) -> [Ranked] {
    var all = Self.whole(sightings).compactMap(judge).filter { $0.points > 0 }.sorted { $0.points > $1.points }
    if check != nil {
      for index in all.indices.prefix(Self.mostChecks) { checkFile(&all[index]) }
      all = all.filter { $0.points > 0 }.sorted { $0.points > $1.points }
    }
    var kept: [Ranked] = []
    for candidate in all where kept.count < Self.most {
      if candidate.points < Self.convincing, candidate.shape.map({ SystemPaths.contains($0) }) == true { continue }
      if let same = kept.firstIndex(where: { isSameInput($0, candidate) }) {
        join(candidate, into: &kept[same])
      } else if !kept.contains(where: { Self.isFragment($0, candidate) }) {
        kept.append(candidate)
      }
    }
    let listed = Self.listed(sightings)
    kept = kept.filter { ranked in
      guard ranked.points >= Self.convincing, !isWeak(ranked) else { return false }
      // What is one of many in an array, and has nothing else for it, is not what was worked on.
      return !listed.contains(ranked.sighting.text)
        || !ranked.support.isDisjoint(with: [.form, .argument, .mapped]) || ranked.sighting.way.depth == 0
    }
    for index in kept.indices { kept[index].certainty = certainty(of: kept[index], among: kept) }
    return kept.sorted { order($0) > order($1) }
  }

  /// Whether a path that no frame leads to may be worth to be listed: a file, as far as that can be told.
  func mayBeInput(_ path: String) -> Bool {
    guard let shape = PathShape(path), shape.isPlausible, !SystemPaths.contains(shape), !modules.contains(path) else {
      return false
    }
    guard hasFolder, let check else { return shape.fileExtension.map(FileKinds.isKnown) == true }
    return check(path) == .file
  }

  /// The texts without those that run on beyond where a length says that they end.
  private static func whole(_ sightings: [ClueSearch.Sighting]) -> [ClueSearch.Sighting] {
    let measured = Set(sightings.lazy.filter { $0.isMeasured && $0.kind == .path }.compactMap(\.address))
    return sightings.filter { sighting in
      sighting.isMeasured || sighting.kind != .path || sighting.address.map { !measured.contains($0) } ?? true
    }
  }

  private func judge(_ sighting: ClueSearch.Sighting) -> Ranked? {
    var ranked = Ranked(sighting: sighting, points: 60 - min(60, sighting.cost), support: [], reasons: [], shape: nil)
    if sighting.isHeldInside, !sighting.isConstant {
      if sighting.way.depth <= 1, sighting.way.reach <= 4, sighting.distance <= Self.near {
        ranked.support.insert(.near)
      }
      if sighting.roots.count >= 3 { ranked.support.insert(.several) }
    }
    ranked.points += min(4, max(0, sighting.roots.count - 1))
    if !sighting.isHeldInside { ranked.points -= 15 }
    if sighting.isConstant { ranked.points -= 25 }
    if outputs.contains(where: { Self.isSameFile(sighting.text, $0) }) {
      ranked.points -= 20
    } else if let index = argumentIndex(of: sighting.text) {
      ranked.support.insert(.argument)
      ranked.reasons.append("is argument \(index) of the command line")
    }
    switch sighting.kind {
    case .httpRequest:
      ranked.points += 55
      ranked.support.insert(.form)
      ranked.reasons.append("is a whole request line")
    case .sql:
      ranked.points += 50
      ranked.support.insert(.form)
      ranked.reasons.append("is a whole statement")
    case .url: ranked.points += 5
    case .argument:
      // A word is a mode or a name; a text of several words, or a long one, is what was to be worked on.
      guard sighting.text.utf8.count >= 20 || sighting.text.utf8.contains(0x20) else { return nil }
      ranked.points -= 5
    case .sourceText: ranked.points -= 10
    case .path:
      guard judgePath(&ranked) else { return nil }
    }
    addNearness(&ranked)
    return ranked
  }

  /// - Returns: whether the path may be an input at all.
  private func judgePath(_ ranked: inout Ranked) -> Bool {
    let sighting = ranked.sighting
    guard let shape = PathShape(sighting.text), !modules.contains(sighting.text),
      sighting.text != surroundings.arguments.first
    else { return false }
    ranked.shape = shape
    let isArgument = ranked.support.contains(.argument)
    defer {
      // A file of the right kind that is nearer tells more than the one that everybody knows of.
      if isArgument, !ranked.support.contains(.form) { ranked.points += 12 }
    }
    if sighting.address == nil {
      ranked.support.insert(.mapped)
      ranked.reasons.append("is mapped into memory")
    }
    if sighting.isConstant, let end = shape.fileExtension, FileKinds.sources.contains(end) { return false }
    if SystemPaths.contains(shape, isArgument: isArgument) { ranked.points -= 60 }
    if let end = shape.fileExtension {
      if !read.contains(end), !isArgument, FileKinds.isMade(end) { ranked.points -= 30 }
      if read.contains(end) {
        ranked.points += FileKinds.isIncluded(end) ? 18 : 30
        ranked.support.insert(.form)
        ranked.reasons.append("\(program) reads .\(end) files")
      } else if let argument = given[end] {
        ranked.points += isArgument ? 10 : 25
        if !isArgument {
          ranked.support.insert(.form)
          ranked.reasons.append("ends as argument \(arguments[argument] ?? 0) does")
        }
      } else if FileKinds.isKnown(end) {
        ranked.points += 5
      }
    } else {
      ranked.points -= 15
    }
    if let folder = surroundings.workingFolder, shape.text.hasPrefix(folder + "/") {
      ranked.points += 6
      ranked.reasons.append("lies below the working folder")
    } else if !shape.isAbsolute {
      ranked.points += 6
    }
    return true
  }

  private func addNearness(_ ranked: inout Ranked) {
    if ranked.support.contains(.several) {
      ranked.reasons.append("\(ranked.sighting.roots.count) frames refer to it")
    } else if ranked.support.contains(.near) {
      ranked.reasons.append("a frame near to the crash refers to it")
    }
  }

  private func checkFile(_ ranked: inout Ranked) {
    guard let check, let shape = ranked.shape, ranked.sighting.kind == .path else { return }
    var path = shape.text.hasPrefix("file://") ? String(shape.text.dropFirst(7)) : shape.text
    if !path.hasPrefix("/") {
      guard let folder = surroundings.workingFolder else { return }
      path = folder + "/" + path
    }
    switch check(path) {
    case .file:
      ranked.points += 10
      ranked.support.insert(.exists)
      ranked.reasons.append("is a file here")
    case .folder: ranked.points = 0
    case .none:
      // Where its folder is at hand, a name of no file may be a piece of something else.
      if !shape.isAbsolute, hasFolder { ranked.points -= 15 }
    }
  }

  private func argumentIndex(of text: String) -> Int? {
    if let index = arguments[text] { return index }
    guard text.hasPrefix("/") || text.hasPrefix("file://") else { return nil }
    // A relative argument that was made absolute.
    return arguments.first { argument, _ in
      argument.utf8.count >= 3 && !argument.hasPrefix("/") && argument.utf8.contains(0x2e)
        && text.hasSuffix("/" + Self.relative(argument))
    }?.value
  }

  private static func relative(_ path: String) -> String { path.hasPrefix("./") ? String(path.dropFirst(2)) : path }

  /// Paths that stand side by side in an array of pointers.
  private static func listed(_ sightings: [ClueSearch.Sighting]) -> Set<String> {
    var arrays: [Int32: [Int32: String]] = [:]
    for sighting in sightings where sighting.kind == .path && sighting.way.depth >= 1 && !sighting.way.isInline {
      arrays[sighting.way.step.parent, default: [:]][sighting.way.step.offset] = sighting.text
    }
    var listed: Set<String> = []
    for array in arrays.values where array.count >= 3 {
      for (offset, text) in array where array[offset &+ 8] != nil || array[offset &- 8] != nil { listed.insert(text) }
    }
    return listed
  }

  /// Whether too little speaks for a path: one reference, or, for a bare name, nothing but its ending. Lists of folders
  /// are full of such names.
  private func isWeak(_ ranked: Ranked) -> Bool {
    guard let shape = ranked.shape, ranked.support.isDisjoint(with: [.argument, .mapped]) else { return false }
    let isBare = !shape.text.utf8.dropFirst().contains(0x2f)
    if isInterpreter, isBare {
      // What it imports from keeps the names of all that lies in a folder.
      if shape.fileExtension.map(read.contains) == true || ranked.support.isDisjoint(with: [.near, .several]) {
        return true
      }
    }
    if ranked.support.contains(.exists) { return false }
    if isBare, ranked.sighting.way.isInline { return true }
    // Settings have whole paths; a relative one was made or given for the occasion.
    let isOccasional = !isBare && !shape.isAbsolute && shape.fileExtension != nil
    return ranked.support.isDisjoint(with: isBare || isOccasional ? [.near, .several, .form] : [.form, .several])
  }

  private func order(_ ranked: Ranked) -> Int {
    let isScript = script.map { Self.isSameFile(ranked.sighting.text, $0) } ?? false
    return isScript ? ranked.points - Self.scriptDiscount : ranked.points
  }

  private static let scriptDiscount = 30

  /// Whether a path names the same file as an argument, perhaps with more folders before it.
  private static func isSameFile(_ path: String, _ argument: String) -> Bool {
    path == argument || path.hasSuffix("/" + relative(argument))
  }

  /// Whether one of two paths is the other with its beginning lost or written over.
  private static func isFragment(_ a: Ranked, _ b: Ranked) -> Bool {
    guard a.sighting.kind == .path, b.sighting.kind == .path else { return false }
    let (x, y) = (a.sighting.text, b.sighting.text)
    return min(x.utf8.count, y.utf8.count) >= 4 && (x.hasSuffix(y) || y.hasSuffix(x))
  }

  /// Whether two texts name one file, one of them with more of its path.
  private func isSameInput(_ a: Ranked, _ b: Ranked) -> Bool {
    let (x, y) = (a.sighting.text, b.sighting.text)
    guard a.sighting.kind == b.sighting.kind else { return false }
    switch a.sighting.kind {
    case .path:
      return x.hasSuffix("/" + Self.relative(y)) || y.hasSuffix("/" + Self.relative(x))
    case .sourceText: return x.prefix(64) == y.prefix(64)
    case .sql, .httpRequest, .url, .argument: return x.hasPrefix(y) || y.hasPrefix(x)
    }
  }

  /// Takes what speaks for `other` over into `kept`, and of both names the one that says most.
  private func join(_ other: Ranked, into kept: inout Ranked) {
    kept.support.formUnion(other.support)
    for reason in other.reasons where !kept.reasons.contains(where: { Self.isSameReason($0, reason) }) {
      kept.reasons.append(reason)
    }
    guard kept.sighting.kind == .path, other.shape.map({ !SystemPaths.contains($0) }) == true,
      rank(other.sighting.text) > rank(kept.sighting.text)
    else { return }
    let (roots, isHeldInside) = (kept.sighting.roots, kept.sighting.isHeldInside)
    kept.sighting = other.sighting
    kept.sighting.roots.formUnion(roots)
    kept.sighting.isHeldInside = isHeldInside || other.sighting.isHeldInside
  }

  private static func isSameReason(_ a: String, _ b: String) -> Bool {
    a == b || a.has("refer") && b.has("refer")
  }

  /// As it was given is best, then relative with its folders, then absolute, then the bare name.
  private func rank(_ path: String) -> Int {
    if arguments[path] != nil { return 3 }
    if path.hasPrefix("/") || path.hasPrefix("file:") { return 1 }
    return path.utf8.contains(0x2f) ? 2 : 0
  }

  /// Likely where two reasons agree, one of them a frame's reference, and no other text has as much for it.
  private func certainty(of ranked: Ranked, among all: [Ranked]) -> Certainty {
    let support = ranked.support
    let isReferred = !support.isDisjoint(with: [.near, .several])
    let others = [Support.form, .argument, .mapped].count { support.contains($0) }
    guard isReferred && others >= 1 || ranked.sighting.isHeldInside && support.contains(.mapped) && others >= 2 else {
      return .possible
    }
    // Where several files were given, a register may still hold one that has been dealt with.
    if !support.contains(.form), support.contains(.argument), givenFiles > 1 { return .possible }
    let rivals = all.count { other in
      other.sighting.kind == ranked.sighting.kind && other.sighting.text != ranked.sighting.text
        && other.sighting.cost <= ranked.sighting.cost + 1
        && other.support.isSuperset(of: support.intersection([.form, .argument, .mapped]))
    }
    return rivals == 0 ? .likely : .possible
  }
}

/// What a path names on the host.
package enum FileExistence: Sendable {
  /// A regular file.
  case file
  case folder
  /// Nothing, or nothing that could be looked at.
  case none
}
