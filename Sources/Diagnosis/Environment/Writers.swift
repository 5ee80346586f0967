internal import Disassembly
internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// Who may have changed the environment: threads inside of the functions that do, and modules that import them.
struct Writers {
  let evidence: [Evidence]
  /// "setenv: _http.so, libfoo.so"
  let importers: [String]
  /// Whether a thread was inside the allocator, called by a function that changes the environment: an array was being
  /// replaced at that moment.
  let isReplacing: Bool

  private static let functions = ["setenv", "putenv", "unsetenv", "clearenv"]
  private static let rawNames: Set<String> = [
    "setenv", "__setenv", "__GI_setenv", "__add_to_environ", "__GI___add_to_environ", "putenv", "__putenv", "unsetenv",
    "__unsetenv", "__GI_unsetenv", "clearenv", "__clearenv", "__env_rm_add",
  ]
  private static let allocators: Set<String> = [
    "realloc", "__libc_realloc", "__GI___libc_realloc", "_int_realloc", "malloc", "__libc_malloc", "_int_malloc",
    "free",
    "__libc_free", "_int_free", "reallocarray", "cfree",
  ]
  /// Threads whose stacks are walked for it: a process may have tens of thousands.
  private static let mostThreads = 512

  init(_ investigation: Investigation) {
    let target = investigation.target
    let unnamed = Self.unnamedWriters(investigation)
    var found: [Evidence] = []
    var isReplacing = false
    for index in target.threads.indices.dropFirst().prefix(Self.mostThreads) {
      let frames = Array(investigation.walk(ofThread: index).frames.prefix(12))
      let names = investigation.rawNames(of: frames)
      let inside = frames.indices.first {
        Self.rawNames.contains(names[$0]) || names[$0].isEmpty && unnamed.contains(frames[$0].functionStart)
      }
      guard let position = inside else { continue }
      let caller =
        frames[(position + 1)...].first.map { ", called by \(investigation.function($0.lookupAddress))" } ?? ""
      let allocator = names[..<position].last(where: Self.allocators.contains)
      if allocator != nil { isReplacing = true }
      let writer =
        names[position].isEmpty
        ? "the function that setenv and putenv end in"
        : investigation.function(
          frames[position].lookupAddress)
      found.append(
        Evidence(
          "thread \(target.threads[index].tid) is inside \(allocator.map { "\($0), called by " } ?? "")\(writer)"
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
    self.isReplacing = isReplacing
  }

  /// Where functions begin that setenv and putenv call or end in, in a libc whose local symbols are stripped.
  private static func unnamedWriters(_ investigation: Investigation) -> Set<UInt64> {
    guard let libc = investigation.libraryModule else { return [] }
    var starts: Set<UInt64> = []
    for start in investigation.names.addresses(ofSymbols: ["setenv", "putenv"], inModule: libc).values {
      let size = investigation.names.resolve([start]).first?.symbol?.size ?? 0
      let code = investigation.memory.readPrefix(start, Int(min(size, 512)))
      for instruction in investigation.disassembler.instructions(from: start, code, count: 128) {
        guard instruction.kind == .call || instruction.kind == .jump, let target = instruction.target,
          target < start || target >= start &+ size
        else { continue }
        starts.insert(target)
      }
    }
    return starts
  }
}
