internal import Machine
internal import Targets
internal import Unwinding

/// What the functions on a blocked thread's stack say: in which of the library's it waits, and where the program called it.
struct WaitSite {
  let role: WaitingFunction
  /// How many of the innermost frames are the library's.
  let libraryFrames: Int
  /// The name of the library's function that waits; nil where none is known.
  let function: String?

  /// - Parameter frames: from the system call outwards.
  init(_ frames: [Frame], _ investigation: Investigation) {
    let names = investigation.rawNames(of: frames)
    let site = Self.site(names)
    role = site.role
    libraryFrames = Self.libraryFrames(frames, names, atLeast: site.position.map { $0 + 1 } ?? 0, investigation)
    function = site.position.map { investigation.functionName(of: frames[$0]) }
  }

  /// The function that tells most of what is waited for, and its place among the frames.
  static func site(_ names: [String]) -> (role: WaitingFunction, position: Int?) {
    var weak: (role: WaitingFunction, position: Int?) = (.futex, nil)
    for (position, name) in names.enumerated() {
      guard let found = WaitingFunction.of(name) else { continue }
      if found.isFinal {
        // Whose semaphore it is, its caller tells.
        if found.role == .semaphore,
          names[(position + 1)...].prefix(3).contains(where: { $0.hasPrefix("PyThread_acquire_lock") })
        {
          return (.pythonLock, position)
        }
        // A condition variable's function waits for its mutex by others' means.
        return weak.role == .mutex ? weak : (found.role, position)
      }
      // Only innermost: an outer frame may be called alike by chance.
      if position < 4, weak.position == nil || found.role != .futex { weak = (found.role, position) }
    }
    return weak
  }

  /// How many of the innermost frames belong to libc and the languages' own libraries.
  private static func libraryFrames(
    _ frames: [Frame], _ names: [String], atLeast minimum: Int, _ investigation: Investigation
  ) -> Int {
    let modules = investigation.target.modules
    var count = minimum
    // The outermost of what is taken for a language's own, in a module of the program's.
    var instance: Int?
    while count < frames.count, !LibraryCall.starters.contains(names[count]), !frames[count].isSignalTrampoline {
      let module = investigation.target.moduleIndex(containing: frames[count].lookupAddress).map { modules[$0].name }
      let isLibrary = module.map { module in LibraryCall.libraries.contains { module.hasPrefix($0) } } ?? false
      // A thread's function is a part of it, where the compiler put it inside.
      if names[count].has("rust_begin_short_backtrace") { return count }
      guard isLibrary || Self.isRuntime(names[count]) || WaitingFunction.of(names[count]) != nil else { return count }
      if !isLibrary, count >= minimum { instance = count }
      count += 1
    }
    // None is the program's own by its name: a template of the library's with the program's code inlined into it.
    return instance ?? count
  }

  /// Whether a function belongs to a language's own libraries, by its name in the symbol table: C++ `std::` and
  /// `__gnu_cxx::`, Rust's std, core and alloc, Swift's, dispatch.
  static func isRuntime(_ name: String) -> Bool {
    if name.hasPrefix("_R") {
      // v0: the crate of a path comes first, `Cs`, a disambiguator, `_`, and the name after its length.
      guard let crate = name.split(separator: "C", maxSplits: 1).dropFirst().first,
        let length = crate.firstIndex(of: "_")
      else { return false }
      return ["_3std", "_4core", "_5alloc"].contains { crate[length...].hasPrefix($0) }
    }
    return runtimes.contains { name.hasPrefix($0) }
  }

  private static let runtimes = [
    "_ZNSt", "_ZSt", "_ZNKSt", "_ZN9__gnu_cxx", "_ZN3std", "_ZN4core", "_ZN5alloc", "_ZNK3std", "$s15Synchronization",
    "$ss", "_ZL20__gthread", "_dispatch", "dispatch_", "__DISPATCH", "$s8Dispatch", "$sSo17OS_dispatch",
  ]
}
