internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// Which thread runs an initialisation that others wait for: the one on whose stack a function that runs such a thing once
/// holds the control's address, and has called on.
enum OnceRunner {
  private static let mostFrames = 48

  /// By the address of the control.
  static func guesses(
    _ thread: Int, _ wait: ThreadWait?, _ controls: Set<UInt64>, _ investigation: Investigation
  ) -> [UInt64: HolderGuess] {
    let frames = Array(investigation.walk(ofThread: thread).frames.prefix(mostFrames))
    let names = investigation.rawNames(of: frames)
    // Who waits for it stands in such a function, too: only what the program called it from counts.
    let first: Int
    if let wait {
      guard wait.frames.indices.contains(wait.libraryFrames) else { return [:] }
      first = wait.frames[wait.libraryFrames].number
    } else {
      first = 1
    }
    var result: [UInt64: HolderGuess] = [:]
    for (frame, name) in zip(frames, names) where frame.number >= first {
      guard runs(name) || isOfLibrary(frame, investigation), frame.cfa > frame.stackPointer,
        frame.cfa - frame.stackPointer <= 4096, let window = investigation.memory.window(containing: frame.stackPointer)
      else { continue }
      var slot = (frame.stackPointer &+ 7) & ~7
      while slot < frame.cfa, let word = window.load(UInt64.self, at: slot) {
        if controls.contains(word), result[word] == nil {
          let function = investigation.functionName(of: frame)
          result[word] = HolderGuess(
            thread: thread,
            reason: "it is inside that initialisation: its frame \(frame.number) is \(function), which keeps "
              + "the control's address", evidence: investigation.evidence("the frame of \(function)", at: slot))
        }
        slot += 8
      }
    }
    return result
  }

  /// Rust's `std::sys::sync::once::…::Once::call`, and what C and C++ have.
  private static func runs(_ name: String) -> Bool {
    name.has("pthread_once") || name.has("4once") && name.has("4call") || name.has("9call_once")
  }

  private static func isOfLibrary(_ frame: Frame, _ investigation: Investigation) -> Bool {
    guard let library = investigation.libraryModule, investigation.target.modules.count > 2 else { return false }
    return investigation.target.moduleIndex(containing: frame.lookupAddress) == library
  }
}
