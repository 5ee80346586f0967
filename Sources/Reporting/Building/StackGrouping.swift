internal import Unwinding

/// Threads whose stacks are the same, frame by frame.
struct StackGroup {
  /// Indices of threads, in their order.
  var threads: [Int]
  let walk: StackWalk
}

extension StackGroup {
  /// Puts threads with identical stacks together.
  ///
  /// - Parameter walks: each with the index of its thread; the first stays first.
  /// - Returns: the group of the first thread, then the others, largest first.
  static func group(_ walks: [(thread: Int, walk: StackWalk)]) -> [StackGroup] {
    var groups: [StackGroup] = []
    var places: [[UInt64]: Int] = [:]
    for (thread, walk) in walks {
      let key = key(of: walk)
      if let place = places[key] {
        groups[place].threads.append(thread)
      } else {
        places[key] = groups.count
        groups.append(StackGroup(threads: [thread], walk: walk))
      }
    }
    let order = groups.indices.dropFirst().sorted {
      (-groups[$0].threads.count, $0) < (-groups[$1].threads.count, $1)
    }
    return groups.prefix(1) + order.map { groups[$0] }
  }

  /// All that two stacks must share: every instruction pointer and every count.
  private static func key(of walk: StackWalk) -> [UInt64] {
    var key: [UInt64] = []
    key.reserveCapacity(walk.elements.count + 1)
    for element in walk.elements {
      switch element {
      case .frame(let frame): key.append(frame.pc)
      // No instruction pointer is 2^64 - 1, so that counts are not taken for frames.
      case .fold(let fold):
        key += [.max, UInt64(clamping: fold.turns)]
        for frame in fold.cycle { key.append(frame.pc) }
      case .omitted(let omitted): key += [.max, .max, UInt64(clamping: omitted.count)]
      }
    }
    return key
  }
}
