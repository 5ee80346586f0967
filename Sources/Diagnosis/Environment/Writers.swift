internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// Who may have changed the environment: threads inside of the functions that do, and modules that import them.
struct Writers {
  let evidence: [Evidence]
  /// "setenv: _http.so, libfoo.so"
  let importers: [String]

  private static let functions = ["setenv", "putenv", "unsetenv", "clearenv"]
  private static let rawNames: Set<String> = [
    "setenv", "__setenv", "__GI_setenv", "__add_to_environ", "__GI___add_to_environ", "putenv", "__putenv", "unsetenv",
    "__unsetenv", "__GI_unsetenv", "clearenv", "__clearenv", "__env_rm_add",
  ]
  /// Threads whose stacks are walked for it: a process may have tens of thousands.
  private static let mostThreads = 512

  init(_ investigation: Investigation) {
    let target = investigation.target
    var found: [Evidence] = []
    for index in target.threads.indices.dropFirst().prefix(Self.mostThreads) {
      let frames = Array(investigation.walk(ofThread: index).frames.prefix(12))
      let names = investigation.rawNames(of: frames)
      guard let position = names.firstIndex(where: Self.rawNames.contains) else { continue }
      let caller =
        frames[(position + 1)...].first.map { ", called by \(investigation.function($0.lookupAddress))" } ?? ""
      found.append(
        Evidence(
          "thread \(target.threads[index].tid) is inside \(investigation.function(frames[position].lookupAddress))"
            + caller, address: frames[position].pc))
      if found.count == 4 { break }
    }
    let libc = investigation.libraryModule
    var importers: [String] = []
    let imported = target.modules.indices.map { module in
      module == libc ? [] : investigation.names.imports(of: Self.functions, inModule: module)
    }
    for function in Self.functions {
      let modules = target.modules.indices.filter { imported[$0].contains(function) }
      guard !modules.isEmpty else { continue }
      let names = modules.prefix(6).map { target.modules[$0].name }.joined(separator: ", ")
      importers.append("\(function): \(names)\(modules.count > 6 ? " and \(modules.count - 6) more" : "")")
    }
    if !importers.isEmpty { found.append(Evidence("imported by these modules: " + importers.joined(separator: "; "))) }
    evidence = found
    self.importers = importers
  }
}
