internal import CLinux

/// The breakpoints in one address space, which several processes may share (vfork, clone with CLONE_VM).
final class AddressSpaceCode {
  /// A breakpoint: what stands below it, and how that is run.
  struct Site {
    let original: [UInt8]
    let plan: StepPlan
    /// How many asked for it.
    var users: Int
    /// The word around it as it was without this breakpoint and any other; nil where that is not known.
    var word: UInt64?
  }

  private(set) var sites: [UInt64: Site] = [:]
  /// Where breakpoints were until now: a thread may have run into one that was taken away before its stop was read.
  private(set) var former: Set<UInt64> = []
  /// What was found out about code that breakpoints come to again and again: the bytes that were there, and how they are
  /// run.
  private var plans: [UInt64: (bytes: [UInt8], plan: StepPlan)] = [:]
  /// Where copies of instructions are run: the program's entry, whose code has run for the last time when `main` begins,
  /// and which is given its own bytes back after each step. nil where the kernel does not tell it.
  let slot: UInt64?
  private(set) var slotOriginal: [UInt8]?

  /// `brk #0` on aarch64, `int3` on x86-64.
  #if arch(x86_64)
    static let trap: [UInt8] = [0xcc]
  #else
    static let trap: [UInt8] = [0, 0, 0x20, 0xd4]
  #endif
  static let slotSize = 16
  /// More breakpoints than anybody asks for: bounds what hostile programs can make of us.
  private static let mostSites = 65_536

  init(of process: Int32) { slot = AuxiliaryValues.entry(of: process) }

  /// The copy that a fork makes, breakpoints included.
  init(copying other: AddressSpaceCode) {
    (sites, former, slot, slotOriginal) = (other.sites, other.former, other.slot, other.slotOriginal)
    plans = other.plans
  }

  /// Puts a breakpoint at `address`, or counts another user of the one there.
  ///
  /// - Parameter thread: one of the address space, stopped.
  /// - Returns: false where there is no code, or code that cannot be stepped over.
  func insert(_ address: UInt64, by thread: Int32, process: Int32) -> Bool {
    if let site = sites[address] {
      sites[address]?.users = site.users + 1
      return true
    }
    guard sites.count < Self.mostSites else { return false }
    if let known = plans[address], insertAgain(known, at: address, by: thread) { return true }
    var bytes = ProcessWords.bytes(at: address, 16, of: process)
    // Another breakpoint may lie within these bytes.
    for offset in bytes.indices.dropFirst() where bytes[offset] == Self.trap[0] {
      guard let other = sites[address &+ UInt64(offset)] else { continue }
      for (index, byte) in other.original.enumerated() where offset + index < bytes.count {
        bytes[offset + index] = byte
      }
    }
    guard bytes.count >= Self.trap.count, let plan = plan(bytes, at: address),
      write(Self.trap, at: address, by: thread)
    else { return false }
    sites[address] = Site(original: Array(bytes[..<Self.trap.count]), plan: plan, users: 1, word: nil)
    former.remove(address)
    return true
  }

  /// Puts a breakpoint where one was before, if the word of code there is still the same: two calls of the kernel.
  private func insertAgain(
    _ known: (bytes: [UInt8], plan: StepPlan), at address: UInt64, by thread: Int32
  ) -> Bool {
    let start = address & ~7
    let offset = Int(address - start)
    guard offset + Self.trap.count <= 8, !hasSites(in: start) else { return false }
    var word: UInt64 = 0
    guard unsafe inquest_peek_code(thread, start, &word) == 0 else { return false }
    // What of the instruction lies in the next word was the same when it was looked at; code that is replaced is
    // replaced in larger pieces.
    let there = (offset..<8).map { UInt8(truncatingIfNeeded: word >> UInt64($0 * 8)) }
    guard known.bytes.starts(with: there) || there.starts(with: known.bytes) else { return false }
    var changed = word
    for (index, byte) in Self.trap.enumerated() {
      let shift = UInt64((offset + index) * 8)
      changed = changed & ~(0xff << shift) | UInt64(byte) << shift
    }
    guard inquest_poke_code(thread, start, changed) == 0 else { return false }
    sites[address] = Site(original: Array(there[..<Self.trap.count]), plan: known.plan, users: 1, word: word)
    former.remove(address)
    return true
  }

  private func hasSites(in start: UInt64, besides address: UInt64? = nil) -> Bool {
    (start..<(start + 8)).contains { $0 != address && sites[$0] != nil }
  }

  /// Puts the code's own bytes back.
  private func restore(_ site: Site, at address: UInt64, by thread: Int32) -> Bool {
    let start = address & ~7
    if let word = site.word, !hasSites(in: start, besides: address) {
      return inquest_poke_code(thread, start, word) == 0
    }
    return write(site.original, at: address, by: thread)
  }

  private func plan(_ bytes: [UInt8], at address: UInt64) -> StepPlan? {
    if let known = plans[address], known.bytes == bytes { return known.plan }
    guard let plan = StepPlan(bytes, at: address) else { return nil }
    if plans.count < Self.mostSites { plans[address] = (bytes, plan) }
    return plan
  }

  /// Takes away one user's breakpoint; the code has its own bytes again with the last one's.
  func remove(_ address: UInt64, by thread: Int32) {
    guard let site = sites[address] else { return }
    if site.users > 1 {
      sites[address]?.users = site.users - 1
    } else if restore(site, at: address, by: thread) {
      sites[address] = nil
      if former.count < Self.mostSites { former.insert(address) }
    }
  }

  /// - Parameter restoresSlot: false where a thread runs what is in the slot.
  func removeAll(by thread: Int32, restoresSlot: Bool = true) {
    for (address, site) in sites where write(site.original, at: address, by: thread) { former.insert(address) }
    sites = sites.filter { !former.contains($0.key) }
    if restoresSlot { restoreSlot(by: thread) }
  }

  /// What is unmapped needs nothing taken away: forgets breakpoints where none of ours stands any more.
  func forget(_ address: UInt64) { sites[address] = nil }

  /// Puts the copy of an instruction into the slot.
  func fillSlot(_ code: [UInt8], by thread: Int32, process: Int32) -> UInt64? {
    guard let slot else { return nil }
    if slotOriginal == nil {
      let bytes = ProcessWords.bytes(at: slot, Self.slotSize, of: process)
      guard bytes.count == Self.slotSize else { return nil }
      slotOriginal = bytes
    }
    return write(code, at: slot, by: thread) ? slot : nil
  }

  func restoreSlot(by thread: Int32) {
    guard let slot, let slotOriginal else { return }
    if write(slotOriginal, at: slot, by: thread) { self.slotOriginal = nil }
  }

  private func write(_ bytes: [UInt8], at address: UInt64, by thread: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      let at = address &+ UInt64(done)
      let count = min(bytes.count - done, 8 - Int(at & 7))
      let result = unsafe bytes.withUnsafeBytes { buffer in
        unsafe inquest_write_code(thread, at, buffer.baseAddress.map { unsafe $0 + done }, UInt64(count))
      }
      guard result == 0 else { return false }
      done += count
    }
    return true
  }
}

/// What `/proc/PID/auxv` tells.
package enum AuxiliaryValues {
  /// AT_ENTRY: the address of the program's first instruction.
  package static func entry(of process: Int32) -> UInt64? { value(9, of: process) }
  /// AT_BASE: where the dynamic linker was loaded; nil or 0 where there is none.
  package static func interpreter(of process: Int32) -> UInt64? { value(7, of: process) }

  private static func value(_ key: UInt64, of process: Int32) -> UInt64? {
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe inquest_read_start("/proc/\(process)/auxv", $0.baseAddress, UInt64($0.count))
    }
    func word(_ at: Int) -> UInt64 { bytes[at..<(at + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    for at in stride(from: 0, to: max(0, Int(count) - 15), by: 16) where word(at) == key { return word(at + 8) }
    return nil
  }
}
