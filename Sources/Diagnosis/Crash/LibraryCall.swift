internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// A fault in a function of the system's libraries: the program called it, and is to be looked at.
enum LibraryCall {
  /// The beginnings of the names of libraries that others call with pointers of their own.
  static let libraries = [
    "libc.so", "libc-", "ld-linux", "ld-musl", "libc.musl", "libpthread", "libm.so", "libm-", "libstdc++", "libc++",
    "libgcc_s",
  ]

  /// Functions of libc that others begin in.
  static let starters: Set<String> = [
    "__libc_start_main", "__libc_start_call_main", "libc_start_main_stage2", "start_thread", "clone", "clone3",
    "__clone3", "__clone",
  ]

  /// " It happened in fgets, called by main (program)."; "" where the fault is in no such library.
  static func sentence(_ investigation: Investigation, _ crash: Crash) -> String {
    let modules = investigation.target.modules
    func isLibrary(_ frame: Frame) -> Bool {
      guard let index = investigation.target.moduleIndex(containing: frame.lookupAddress) else { return false }
      return libraries.contains { modules[index].name.hasPrefix($0) }
    }
    let frames = crash.walk.frames.prefix(16)
    guard let inner = frames.first, isLibrary(inner), let outer = frames.firstIndex(where: { !isLibrary($0) }),
      frames[...outer].allSatisfy({ $0.provenance != .scan && !$0.isSignalTrampoline }),
      investigation.target.moduleIndex(containing: frames[outer].lookupAddress) != nil
    else { return "" }
    // A function of the program's own that ended with a jump into the library has left no frame.
    guard !starters.contains(investigation.rawName(at: frames[outer - 1].lookupAddress)) else { return "" }
    return " It happened in \(investigation.functionName(of: frames[outer - 1])), called by "
      + "\(investigation.function(frames[outer].lookupAddress))."
  }
}

extension Investigation {
  /// Whether the frame's code belongs to the run-time library of C++.
  func isRuntime(_ frame: Frame) -> Bool {
    guard let index = target.moduleIndex(containing: frame.lookupAddress) else { return false }
    let name = target.modules[index].name
    return ["libstdc++", "libc++", "libgcc_s", "libunwind"].contains { name.hasPrefix($0) }
  }
}
