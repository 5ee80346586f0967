/// What a bundle says of itself: `manifest.json`. See `docs/bundles.md`.
package struct BundleManifest: Codable, Sendable {
  /// The version of the format that this program writes and reads.
  package static let currentVersion = 1
  static let formatName = "inquest-bundle"

  package var format = Self.formatName
  package var version = Self.currentVersion
  /// What wrote it.
  package var tool: String
  package var core: PackedCore
  package var search: Search
  package var files: [PackedFile]
  /// Files that could not be used where the core was packed.
  package var failures: [PackedFailure]
  /// Where symbolic links in system roots led.
  package var links: [PackedLink]
  /// What the texts found in memory that look like paths were on the host; nil where that is not told, as of a redacted
  /// bundle.
  package var paths: [PackedPath]?
  /// Whether the files that the report used are in the bundle.
  package var hasFiles: Bool
  /// Whether the report was made again from the bundle, and came out the same.
  package var isVerified: Bool
  /// Whether texts, values of variables and the heap's contents were zeroed.
  package var isRedacted: Bool
  /// What the report of the core lacked, in its own words: the trimmed core cannot tell of all of it.
  package var shortfalls: [PackedShortfall]

  /// The core.
  package struct PackedCore: Codable, Sendable {
    /// The name of the file that was packed.
    package var name: String
    package var size: UInt64
    package var architecture: String
    /// How many bytes of memory it held, and how many of them were kept.
    package var dumpedBytes: UInt64
    package var keptBytes: UInt64
    /// Whether less was kept than the report had read, as it was too much.
    package var isCut: Bool
  }

  /// Where files were looked for.
  package struct Search: Codable, Sendable {
    package var executable: String?
    package var systemRoots: [String]
    package var debugDirectories: [String]
    package var workingFolders: [String]
  }

  /// A file of the program.
  package struct PackedFile: Codable, Sendable {
    /// The path at which it was found.
    package var path: String
    /// The member of the archive that holds it.
    package var member: String
    package var buildID: String?
    package var size: UInt64
    /// What was left out, as pairs of offset and length; zeros stand there.
    package var absent: [UInt64]
  }

  /// A file that was there and could not be used.
  package struct PackedFailure: Codable, Sendable {
    package var path: String
    /// errno(3); nil where it is no ELF file.
    package var errno: Int32?
  }

  /// A way through symbolic links.
  package struct PackedLink: Codable, Sendable {
    package var root: String
    package var path: String
    package var leadsTo: String
  }

  /// A path of a file or folder that there was.
  package struct PackedPath: Codable, Sendable {
    package var path: String
    package var isFile: Bool
  }

  /// Something that the report lacked.
  package struct PackedShortfall: Codable, Sendable {
    package var what: String
    package var cost: String
    package var isHeadline: Bool
  }
}
