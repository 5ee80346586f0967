import Diagnosis
import ModuleFiles
import Symbolication
import Targets
import Unwinding

/// `PrintStack CORE [SYSROOT]`: why the process died, and the stack of the thread that the signal hit.
@main
struct PrintStack {
  static func main() throws {
    guard CommandLine.arguments.count > 1 else {
      print("usage: PrintStack CORE [SYSROOT]")
      return
    }
    let search = SearchPaths(systemRoots: Array(CommandLine.arguments.dropFirst(2)))
    let core = try CoreTarget(path: CommandLine.arguments[1], search: search)
    for shortfall in core.shortfalls { print("missing: \(shortfall.what)") }

    let investigation = Investigation(target: core, finder: core.finder)
    for finding in investigation.diagnose() {
      print("\(finding.hazard.title), \(finding.certainty): \(finding.statement)")
      for evidence in finding.evidence { print("  - \(evidence.statement)") }
    }

    guard let thread = core.signalledThread else { return }
    let walk = investigation.walk(ofThread: 0)
    print("thread \(thread.tid), \(walk.frameCount) frames:")
    let symbolicator = Symbolicator(modules: core.modules, finder: core.finder, memory: core.memory)
    for element in walk.elements {
      switch element {
      case .frame(let frame): show([frame], symbolicator)
      case .fold(let fold):
        print("  \(fold.turns) times:")
        show(fold.cycle, symbolicator)
      case .omitted(let omitted): print("  \(omitted.count) frames more")
      }
    }
    print("the walk ended: \(walk.ending)")
  }

  /// A line for each frame; names are looked up in one batch.
  static func show(_ frames: [Frame], _ symbolicator: Symbolicator) {
    let names = symbolicator.resolve(frames.map(\.lookupAddress))
    for (frame, resolution) in zip(frames, names) {
      let name = resolution.symbol.map { "\($0.name.text())+\($0.offset)" } ?? "0x\(String(frame.pc, radix: 16))"
      let place = resolution.location.map { " at \($0.path):\($0.line)" } ?? ""
      print("  \(frame.number) \(name)\(place) (\(frame.provenance))")
    }
  }
}
