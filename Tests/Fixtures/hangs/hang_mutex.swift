// Swift programs that hang, one a MODE: a thread that holds a mutex of Synchronization's
// and waits for one that needs it, a circle of two mutexes, one that
// is taken twice, a serial queue that waits for itself, an inversion of two serial queues (alone, or beside a thread that sleeps),
// a queue whose work only takes long (which is no hang), and a semaphore that nobody signals.
import Dispatch
import Foundation
import Synchronization

final class Account: Sendable {
  let balance = Mutex(0)
}

/// Waits until every other thread has slept in one call for a while, but not in a short pause.
func untilOthersSleep() {
  let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self"))?.split(separator: "/").last
  var (before, same) = ([String](), 0)
  for _ in 0..<200 where same < 5 {
    let threads = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []).sorted()
    let now = threads.filter { $0 != own.map { String($0) } }.map {
      let words = ((try? String(contentsOfFile: "/proc/self/task/\($0)/syscall", encoding: .utf8)) ?? "running").split(separator: " ")
      // Not its arguments: what a call does not take is what lay in the registers.
      return words.prefix(1).joined() + words.suffix(2).joined(separator: " ")
    }
    same = now == before && !now.contains { $0.hasPrefix("running") } ? same + 1 : 0
    before = now
    usleep(50_000)
  }
}

/// How many threads have come to where others wait for them.
let steps = Atomic(0)

func whenHeld(by count: Int) {
  steps.add(1, ordering: .sequentiallyConsistent)
  while steps.load(ordering: .sequentiallyConsistent) < count { usleep(1000) }
}

func announce() {
  untilOthersSleep()
  print("ready")
  fflush(stdout)
}

let mode = CommandLine.arguments.dropFirst().first ?? "mutex"
Thread.detachNewThread {
  announce()
  if mode != "queues-only" { sleep(3600) }
}
switch mode {
case "mutex":
  // The kernel refuses circles of such locks.
  let account = Account()
  let semaphore = DispatchSemaphore(value: 0)
  Thread.detachNewThread {
    while steps.load(ordering: .sequentiallyConsistent) < 1 { usleep(1000) }
    account.balance.withLock { $0 += 1 }
    semaphore.signal()
  }
  account.balance.withLock { _ in
    whenHeld(by: 1)
    semaphore.wait()
  }
case "circle", "twice":
  // Refused: the program ends.
  let (first, second) = (Account(), Account())
  Thread.detachNewThread {
    second.balance.withLock { _ in
      whenHeld(by: 2)
      first.balance.withLock { $0 += 1 }
    }
  }
  first.balance.withLock { _ in
    whenHeld(by: 2)
    untilOthersSleep()
    (mode == "twice" ? first : second).balance.withLock { $0 += 1 }
  }
case "own-queue":
  let queue = DispatchQueue(label: "orders")
  queue.sync { queue.sync { print("never") } }
case "queue-busy":
  let queue = DispatchQueue(label: "orders")
  Thread.detachNewThread { queue.sync { _ = sleep(3600) } }
  usleep(100_000)
  queue.sync {}
case "queues", "queues-only":
  let (a, b) = (DispatchQueue(label: "orders"), DispatchQueue(label: "stock"))
  Thread.detachNewThread {
    b.sync {
      whenHeld(by: 2)
      a.sync {}
    }
  }
  a.sync {
    whenHeld(by: 2)
    b.sync {}
  }
case "semaphore":
  let semaphore = DispatchSemaphore(value: 0)
  semaphore.wait()
default: exit(2)
}
