package import Machine
internal import Synchronization
internal import Targets

/// The memory of a process that goes on, where it was not copied: read when it is asked for.
///
/// Code and what else a program does not write is the same then as before. What it may have written is noted, since it need
/// not go together with what was copied.
package final class RemainingMemory: TargetMemory {
  private let memory: ProcessMemory
  private let mappings: ProcessMappings
  private let notes = Mutex(Notes())

  private struct Notes {
    var isNoting = false
    var ranges: [Range<UInt64>] = []
    var known: Set<UInt64> = []
  }

  /// More is not noted one by one.
  private static let maximumNotes = 65_536

  package init(_ memory: ProcessMemory, mappings: ProcessMappings) {
    self.memory = memory
    self.mappings = mappings
  }

  /// From here on, what is read is noted.
  package func beginNoting() { notes.withLock { $0.isNoting = true } }

  package func window(containing address: UInt64) -> MemoryWindow? {
    guard let entry = mappings.entry(containing: address), let window = memory.window(containing: address) else {
      return nil
    }
    if entry.permissions.contains(.write) {
      notes.withLock { notes in
        guard notes.isNoting, notes.ranges.count < Self.maximumNotes, notes.known.insert(window.start).inserted else {
          return
        }
        notes.ranges.append(window.start..<window.end)
      }
    }
    return window
  }

  /// What was read of memory that the process may have written to since it went on.
  package var readLate: PageRanges { PageRanges(notes.withLock { $0.ranges }) }
}
