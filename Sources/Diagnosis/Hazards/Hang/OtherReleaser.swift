internal import Machine
internal import Targets

/// Whether another thread may be meant to give back a mutex that a thread took twice: some programs use a mutex for a signal,
/// take it, start somebody who is to give it back, and take it again. POSIX leaves that undefined; glibc lets it pass.
enum OtherReleaser {
  private static let mostThreads = 512

  /// Why a self-deadlock is not proved: "thread 12 gives it back at opener (gate.c:12)"; nil where nothing speaks for it.
  static func reason(_ wait: ThreadWait, _ graph: WaitGraph, _ sites: LockSites, _ investigation: Investigation)
    -> String?
  {
    guard let object = wait.object, object.kind == "mutex", !object.name.has("error-checking"),
      !object.name.has("priority-inheriting")
    else { return nil }
    let threads = investigation.target.threads
    guard threads.count <= mostThreads else { return "a thread that gives back what it did not take" }
    let isGlobal = investigation.target.moduleIndex(containing: object.address) != nil
    let start = isGlobal ? object.address : HolderGuess.object(around: object.address, investigation)
    for index in threads.indices where index != wait.thread && graph.waits[index]?.node != wait.node {
      if let place = sites.givesBack(object.address, by: index) {
        return "thread \(threads[index].tid), which gives it back at \(place.text) though it did not take it there"
      }
      if HolderGuess.refers(to: start...object.address, index, investigation) {
        return "thread \(threads[index].tid), whose stack refers to it, if that gives back what it did not take"
      }
    }
    return nil
  }
}
