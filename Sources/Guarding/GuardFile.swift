internal import CLinux

/// Puts the library where the dynamic linker finds it.
///
/// Not in a memory file: its name is that of a descriptor, which ends with the first process, and children look for the
/// library by the same name. A file it is, one for each version of the library, which stays: whoever is guarded may
/// start another program at any time. The next run takes the same file, after it has compared it byte by byte.
package enum GuardFile {
  /// Why no folder would do, each with its reason.
  package struct Failure: Error, Equatable {
    /// The folders that were tried, in order.
    package let tried: [(folder: String, reason: Reason)]

    package static func == (one: Failure, other: Failure) -> Bool {
      one.tried.count == other.tried.count
        && zip(one.tried, other.tried).allSatisfy { $0.folder == $1.folder && $0.reason == $1.reason }
    }
  }

  /// What a folder lacks.
  package enum Reason: Equatable, Sendable {
    /// LD_PRELOAD separates names by colons and spaces.
    case separatorInName
    /// The folder is there, and others may write to it, or it belongs to another user.
    case notPrivate
    /// The file system allows no code (`noexec`).
    case forbidsCode
    /// An errno of the system.
    case failed(Int32)
  }

  /// The folders that may hold it, the best first.
  ///
  /// Root's programs often go on as another user, whose children must find it too: a home folder is no place for it then.
  package static func folders(isRoot: Bool, environment: (String) -> String?) -> [String] {
    var result: [String] = []
    if isRoot {
      result.append("/var/cache/inquest")
    } else if let cache = environment("XDG_CACHE_HOME"), cache.hasPrefix("/") {
      result.append(cache + "/inquest")
    } else if let home = environment("HOME"), home.hasPrefix("/") {
      result.append(home + "/.cache/inquest")
    }
    let user = isRoot ? "root" : String(inquest_user())
    return result + ["/var/tmp", "/tmp", "/dev/shm"].map { "\($0)/inquest-\(user)" }
  }

  /// The path of the library, which is written where it is not there yet, in the first folder that will do.
  package static func place(_ bytes: [UInt8], in folders: [String]) throws(Failure) -> String {
    var tried: [(folder: String, reason: Reason)] = []
    for folder in folders {
      switch attempt(bytes, in: folder) {
      case .success(let path): return path
      case .failure(let refusal): tried.append((folder, refusal.reason))
      }
    }
    throw Failure(tried: tried)
  }

  private struct Refusal: Error {
    let reason: Reason
  }

  private static func attempt(_ bytes: [UInt8], in folder: String) -> Result<String, Refusal> {
    guard !folder.utf8.contains(where: { $0 == UInt8(ascii: ":") || $0 <= 32 }) else {
      return .failure(Refusal(reason: .separatorInName))
    }
    switch unsafe inquest_make_private_folder(folder) {
    case 0: break
    case -1: return .failure(Refusal(reason: .notPrivate))
    case let failure: return .failure(Refusal(reason: .failed(Int32(clamping: -failure))))
    }
    let path = "\(folder)/libinquest-guard-\(GuardLibrary.fingerprint(bytes)).so"
    if !holds(path, bytes) {
      let result = unsafe bytes.withUnsafeBytes {
        unsafe inquest_place_file(path, $0.baseAddress, UInt64($0.count))
      }
      if result != 0 { return .failure(Refusal(reason: .failed(Int32(clamping: -result)))) }
    }
    switch unsafe inquest_may_map_code(path) {
    case 0: return .success(path)
    case -1: return .failure(Refusal(reason: .forbidsCode))
    case let failure: return .failure(Refusal(reason: .failed(Int32(clamping: -failure))))
    }
  }

  /// Whether the file is there with these bytes, readable by everybody.
  private static func holds(_ path: String, _ bytes: [UInt8]) -> Bool {
    var facts = inquest_file_facts()
    guard unsafe inquest_file_facts(path, &facts) == 0, facts.size == UInt64(bytes.count), facts.mode & 0o777 == 0o755
    else { return false }
    let file = unsafe inquest_open(path, 0)
    guard file >= 0 else { return false }
    defer { inquest_close(Int32(truncatingIfNeeded: file)) }
    var found = [UInt8](repeating: 0, count: bytes.count)
    let count = unsafe found.withUnsafeMutableBytes {
      unsafe inquest_read_at(Int32(truncatingIfNeeded: file), $0.baseAddress, UInt64($0.count), 0)
    }
    return count == Int64(bytes.count) && found == bytes
  }
}
