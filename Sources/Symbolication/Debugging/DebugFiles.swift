package import Bytes
package import ELF
package import ModuleFiles

/// Where symbolication gets the contents of files from, decompressed, and the files that debug information
/// refers to.
package protocol DebugFiles: Sendable {
  /// The contents of the section called `name`, decompressed; nil where there is none or it cannot be.
  func section(_ name: StaticString, of file: FoundFile) -> ByteView?
  /// The ELF file with the symbols of functions that is packed into `.gnu_debugdata`.
  func packedSymbols(of file: FoundFile) -> ELFFile?
  /// The file that several debug files share (`.gnu_debugaltlink`, DWARF 5's `.debug_sup`).
  func alternate(of file: FoundFile) -> FoundFile?
  /// The split object (`.dwo`) that a skeleton unit names, relative to its compilation directory.
  func splitObject(_ name: ByteView, directory: ByteView?, of file: FoundFile) -> FoundFile?
  /// The package of split objects (`.dwp`) beside a module's file.
  func splitPackage(of file: FoundFile) -> FoundFile?
}
