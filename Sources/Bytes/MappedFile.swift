internal import CLinux

/// A regular file mapped read-only into memory: reading it costs a page fault, not a copy.
///
/// A file that somebody cuts short while it is mapped raises SIGBUS on access to what is gone, as with
/// every program that maps files.
@safe
public final class MappedFile: ByteStorage, @unchecked Sendable {
  /// The path that was opened.
  public let path: String
  /// Whether the file was mapped by that path; a temporary file has none.
  let isMappedByPath: Bool

  /// Opens and maps the file at `path`. An empty file is a mapping of no bytes.
  ///
  /// The corresponding C functions are `open`, `fstat` and `mmap`.
  /// - Throws: ``FileError`` with the system's error number: ENOENT, EACCES, EISDIR, EINVAL for what is
  ///   neither file nor directory, ENOMEM.
  public init(path: String) throws(FileError) {
    var address: UnsafeRawPointer?
    var length: UInt64 = 0
    let result = unsafe inquest_map_file(path, &address, &length)
    guard result == 0 else { throw FileError(path: path, errno: Int32(-result)) }
    self.path = path
    isMappedByPath = true
    unsafe super.init(base: address ?? Self.nowhere, count: Int(length))
  }

  /// Maps a file that is open already, and that nothing names or writes to any more. The descriptor stays open.
  ///
  /// The corresponding C functions are `fstat` and `mmap`.
  package init(descriptor: Int32, path: String) throws(FileError) {
    var address: UnsafeRawPointer?
    var length: UInt64 = 0
    let result = unsafe inquest_map_descriptor(descriptor, &address, &length)
    guard result == 0 else { throw FileError(path: path, errno: Int32(-result)) }
    self.path = path
    isMappedByPath = false
    unsafe super.init(base: address ?? Self.nowhere, count: Int(length))
  }

  /// Stands for the address of no bytes; never read.
  private static var nowhere: UnsafeRawPointer {
    let empty: StaticString = ""
    return unsafe UnsafeRawPointer(empty.utf8Start)
  }

  /// Tells the kernel that this file is looked at here and there, so that it reads no pages ahead.
  public func adviseRandomAccess() {
    unsafe inquest_advise_random(base, UInt64(count))
  }

  deinit { unsafe inquest_unmap(base, UInt64(count)) }
}

/// A file could not be opened, read or mapped.
public struct FileError: Error, Equatable {
  /// The file's path as it was asked for.
  public let path: String
  /// The system's error number (errno(3)).
  public let errno: Int32

  public init(path: String, errno: Int32) {
    self.path = path
    self.errno = errno
  }
}
