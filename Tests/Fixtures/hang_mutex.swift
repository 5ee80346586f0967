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

func announce() {
  usleep(300_000)
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
    usleep(100_000)
    account.balance.withLock { $0 += 1 }
    semaphore.signal()
  }
  account.balance.withLock { _ in semaphore.wait() }
case "circle", "twice":
  // Refused: the program ends.
  let (first, second) = (Account(), Account())
  Thread.detachNewThread {
    second.balance.withLock { _ in
      usleep(100_000)
      first.balance.withLock { $0 += 1 }
    }
  }
  first.balance.withLock { _ in
    usleep(300_000)
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
      usleep(100_000)
      a.sync {}
    }
  }
  a.sync {
    usleep(100_000)
    b.sync {}
  }
case "semaphore":
  let semaphore = DispatchSemaphore(value: 0)
  semaphore.wait()
default: exit(2)
}
