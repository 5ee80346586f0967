internal import CLinux
internal import Processes

/// What processes have open, or share in memory, that were not asked about.
final class OutsideProcesses {
  private let tree: Set<Int32>
  private let isAsked: Bool
  private lazy var others: [Int32] = isAsked ? ProcFile.numbers(in: "/proc").filter { !tree.contains($0) } : []
  private lazy var descriptors = readDescriptors()
  private var sharing: (inodes: Set<UInt64>, unread: [UInt64?])?

  /// - Parameter isAsked: whether they are looked at: else they are taken to have nothing.
  init(besides tree: Set<Int32>, isAsked: Bool) {
    self.tree = tree
    self.isAsked = isAsked
  }

  /// Whether one of them has a file open, as far as they may be looked at.
  func holds(_ target: String) -> Bool { descriptors.targets.contains(target) }

  /// Whether one of them may have a file that is not seen: it may not be looked at, or has files on their way in a socket.
  ///
  /// - Parameter since: of a file that only a descendant of the tree's processes can have: when the first of these began;
  ///   whoever began before has not got it.
  func mayHide(since: UInt64?) -> Bool {
    guard isAsked else { return false }
    let (_, unread, areFilesOnTheirWay) = descriptors
    guard let since else { return areFilesOnTheirWay || !unread.isEmpty || !Self.showsAll }
    return Self.isHidden(since, unread) || !Self.showsOthers
  }

  private static func isHidden(_ since: UInt64, _ unread: [UInt64?]) -> Bool {
    unread.contains { began in began.map { $0 >= since } ?? true }
  }

  /// Whether one of them has memory mapped that is shared under an inode; nil where that cannot be told for certain.
  ///
  /// - Parameter since: of memory without a name, which only a child can have from its parent: when the first of those who
  ///   have it began; whoever began before has not got it.
  func shares(inode: UInt64, since: UInt64? = nil) -> Bool? {
    let known = sharing ?? readSharing()
    sharing = known
    if known.inodes.contains(inode) { return true }
    guard let since else { return known.unread.isEmpty && (!isAsked || Self.showsAll) ? false : nil }
    return Self.isHidden(since, known.unread) || isAsked && !Self.showsOthers ? nil : false
  }

  /// When a process began, in ticks since the host did (field 22 of proc_pid_stat(5)).
  static func beginning(of process: Int32) -> UInt64? {
    guard let text = ProcFile.text("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else { return nil }
    let words = text[end...].split(separator: " ")
    return words.count > 20 ? UInt64(words[20]) : nil
  }

  /// Whether it may have something: it is no thread of the kernel, and not all of it has ended. That of a process whose
  /// first thread has ended alone is in the others.
  private func isProgram(_ process: Int32) -> Bool {
    guard let facts = ProcessFacts.ofProcess(process) else { return false }
    return !facts.isKernelThread && facts.state != "X" && (facts.state != "Z" || facts.threadCount > 1)
  }

  /// What they have open, when those began that cannot be looked at, and whether files are on their way in a socket.
  private func readDescriptors() -> (targets: Set<String>, unread: [UInt64?], areFilesOnTheirWay: Bool) {
    for pause in Self.pauses {
      var targets: Set<String> = []
      var unread: [UInt64?] = []
      var areFilesOnTheirWay = false
      for process in others where isProgram(process) {
        do throws(ProcessError) {
          if try addDescriptors(of: process, to: &targets) { areFilesOnTheirWay = true }
        } catch {
          if isProgram(process) { unread.append(Self.beginning(of: process)) }
        }
      }
      // They mostly arrive at once, at a process that may have been looked at before.
      guard areFilesOnTheirWay, let pause else { return (targets, unread, areFilesOnTheirWay) }
      inquest_pause(pause)
      others = ProcFile.numbers(in: "/proc").filter { !tree.contains($0) }
    }
    return ([], [], true)
  }

  /// In microseconds, after each look but the last.
  private static let pauses: [UInt64?] = [1_000, 5_000, 20_000, nil]

  /// Adds what a process has open.
  ///
  /// - Returns: whether files are on their way in a socket of it.
  /// - Throws: ``ProcessError/unreadable(path:errno:)`` where it may not be looked at, or has ended in the meantime.
  private func addDescriptors(of process: Int32, to targets: inout Set<String>) throws(ProcessError) -> Bool {
    let folder = try Self.folder(of: process)
    var areFilesOnTheirWay = false
    for descriptor in try ProcFile.everyNumber(in: folder + "/fd") {
      do throws(ProcessError) {
        let target = try DescriptorTable.target(of: descriptor, in: folder)
        targets.insert(target)
        if target.hasPrefix("socket:["), DescriptorTable.carriesFiles(process, descriptor) { areFilesOnTheirWay = true }
      } catch {
        // ENOENT: it was closed since.
        guard case .unreadable(_, 2) = error else { throw error }
      }
    }
    return areFilesOnTheirWay
  }

  /// Where /proc tells of a process's memory and descriptors: with its first thread, or another where that one has ended.
  private static func folder(of process: Int32) throws(ProcessError) -> String {
    let folder = "/proc/\(process)"
    guard try ProcessFacts(folder: folder).state == "Z" else { return folder }
    let others = try ProcFile.everyNumber(in: folder + "/task").filter { $0 != process }
    return "\(folder)/task/\(others.first ?? process)"
  }

  /// What they share, and when those began that cannot be looked at.
  private func readSharing() -> (inodes: Set<UInt64>, unread: [UInt64?]) {
    var inodes: Set<UInt64> = []
    var unread: [UInt64?] = []
    for process in others where isProgram(process) {
      do throws(ProcessError) {
        for entry in try ProcessMappings.Reading(Self.folder(of: process) + "/maps").mappings.entries
        where entry.isShared {
          inodes.insert(entry.inode)
        }
      } catch {
        if isProgram(process) { unread.append(Self.beginning(of: process)) }
      }
    }
    return (inodes, unread)
  }

  /// Whether /proc shows all processes there are, not only those of an inner pid namespace: the first one's own is the
  /// initial one (`PROC_PID_INIT_INO`, include/linux/proc_ns.h).
  private static let showsAll = ProcFile.link("/proc/self/ns/pid") == "pid:[4026531836]" && showsOthers
  /// Whether it shows those that may not be looked at too: the namespace's first is one of them (proc(5), hidepid).
  private static let showsOthers = ProcessFacts.ofProcess(1) != nil
}
