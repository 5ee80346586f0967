public import ELF

/// How a file was found.
public enum FileOrigin: Sendable, Equatable {
  /// The user named it.
  case named
  /// At the module's path under a system root.
  case path
  /// In a `.build-id` folder, by its build-id.
  case buildID
  /// By the name and checksum in `.gnu_debuglink`.
  case debugLink
  /// Unpacked from the module's own `.gnu_debugdata`.
  case debugData
  /// It is an image in the target's own memory (vDSO, or a module whose file is lost).
  case memory
}

/// A file of a module that was found and may be believed.
public struct FoundFile: Sendable {
  /// The host's path; nil for an image in memory.
  public let path: String?
  /// How it was found.
  public let origin: FileOrigin
  /// Its contents.
  public let elf: ELFFile
  /// Whether the build-id was compared and equal. False where the target's build-id is not known.
  public let isVerified: Bool

  public init(path: String?, origin: FileOrigin, elf: ELFFile, isVerified: Bool) {
    self.path = path
    self.origin = origin
    self.elf = elf
    self.isVerified = isVerified
  }
}

/// A file that was looked at and refused, or a place that was tried in vain.
public struct RefusedFile: Sendable, Equatable {
  /// The host's path.
  public let path: String
  /// Why it was not taken.
  public let reason: Reason

  /// Why a file was not taken.
  public enum Reason: Sendable, Equatable {
    /// errno(3) of open or mmap.
    case unreadable(Int32)
    /// It is no ELF file, or one of another kind.
    case notUsable
    /// It has a build-id, and not the target's: a stale file, or another container's. In hexadecimal.
    case wrongBuildID(expected: String, found: String?)
    /// The checksum in `.gnu_debuglink` is not the file's.
    case wrongChecksum
    /// The target's build-id is not known, and the file's program headers do not fit what the target had mapped.
    case otherLayout
    /// Symbolic links to it run in circles.
    case linkLoop
  }

  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }
}
