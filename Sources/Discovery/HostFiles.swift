internal import Bytes
internal import CLinux

/// What is asked of the host's file system.
package enum HostFiles {
  package struct Status: Sendable {
    package let size: UInt64
    /// Since 1970.
    package let modified: Duration
    package let isRegular: Bool
    package let isFolder: Bool
    /// Which file it is, by whatever name.
    package let identity: Identity
  }

  package struct Identity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
  }

  /// What stat(2) tells, links followed; nil where it fails.
  package static func status(_ path: String) -> Status? {
    var status = inquest_file_status()
    guard unsafe inquest_status(path, &status) == 0 else { return nil }
    return Status(
      size: status.size,
      modified: .seconds(status.modified_seconds) + .nanoseconds(status.modified_nanoseconds),
      isRegular: status.kind == 0o100000, isFolder: status.kind == 0o040000,
      identity: Identity(device: status.device, inode: status.inode))
  }

  /// At most `limit` bytes from the start of a file.
  /// - Throws: ``FileError`` with the system's error number.
  static func start(of path: String, limit: Int) throws(FileError) -> ByteView {
    ByteView(
      try unsafe HeapBytes(count: limit) { (buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int in
        guard let base = buffer.baseAddress else { return 0 }
        let count = unsafe inquest_read_start(path, base, UInt64(buffer.count))
        guard count >= 0 else { throw FileError(path: path, errno: Int32(clamping: -count)) }
        return Int(count)
      })
  }

  /// The first line of a small file; nil where it cannot be read.
  package static func line(_ path: String) -> String? {
    do {
      return String(try start(of: path, limit: 4096).text.prefix { $0 != "\n" })
    } catch {
      return nil
    }
  }

  /// The lines of a small file, without spaces before them; none where it cannot be read.
  package static func lines(_ path: String) -> [String] {
    do {
      let text = try start(of: path, limit: 65_536).text
      return text.split(separator: "\n").map { String($0.drop { $0 == " " || $0 == "\t" }) }
    } catch {
      return []
    }
  }

  /// The names in a folder, at most `limit`; none where it cannot be read.
  package static func names(in folder: String, limit: Int = 100_000) -> [String] {
    final class Names {
      var all: [String] = []
      let limit: Int
      init(limit: Int) { self.limit = limit }
    }
    let names = Names(limit: limit)
    withExtendedLifetime(names) {
      let context = unsafe Unmanaged.passUnretained(names).toOpaque()
      _ = unsafe inquest_list(
        folder,
        { context, name in
          guard let context = unsafe context, let name = unsafe name else { return 0 }
          let names = unsafe Unmanaged<Names>.fromOpaque(context).takeUnretainedValue()
          unsafe names.all.append(String(cString: name))
          return names.all.count < names.limit ? 1 : 0
        }, context)
    }
    return names.all
  }

  package static func isWritable(_ path: String) -> Bool { unsafe inquest_access(path, 2) == 0 }
  package static func isExecutable(_ path: String) -> Bool { unsafe inquest_access(path, 1) == 0 }
}
