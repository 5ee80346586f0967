internal import Bytes
internal import ModuleFiles
package import Targets

extension ReportedModule {
  /// A module as reports show it.
  package init(_ module: Module) {
    self.init(
      path: module.path, start: HexAddress(module.start), end: HexAddress(module.end), bias: HexAddress(module.bias),
      buildID: module.buildID.map { Hexadecimal.text($0.array) }, file: module.file.map(ReportedFile.init),
      debugFile: module.debugFile.map(ReportedFile.init), refused: module.refused.map(ReportedRefusal.init))
  }
}

extension ReportedFile {
  init(_ file: FoundFile) {
    let origin =
      switch file.origin {
      case .named: "named"
      case .path: "path"
      case .buildID: "build-id"
      case .debugLink: "debug-link"
      case .debugData: "debug-data"
      case .memory: "memory"
      }
    self.init(path: file.path, origin: origin, isVerified: file.isVerified)
  }
}

extension ReportedRefusal {
  init(_ refused: RefusedFile) {
    switch refused.reason {
    case .unreadable(let number):
      self.init(path: refused.path, kind: "unreadable", reason: SystemErrors.text(number))
    case .notUsable:
      self.init(path: refused.path, kind: "not-usable", reason: "no ELF file of this kind and processor")
    case .wrongBuildID(let expected, let found):
      let found = found.map { "has build-id \($0)" } ?? "has no build-id"
      self.init(
        path: refused.path, kind: "wrong-build-id", reason: "\(found), and the process ran \(expected)")
    case .wrongChecksum:
      self.init(path: refused.path, kind: "wrong-checksum", reason: "its checksum is not the one in .gnu_debuglink")
    case .otherLayout:
      self.init(
        path: refused.path, kind: "other-layout",
        reason: "there is no build-id to compare, and the file's segments do not fit what was mapped")
    case .linkLoop:
      self.init(path: refused.path, kind: "link-loop", reason: "symbolic links run in circles")
    }
  }
}

/// Bytes as text.
enum Hexadecimal {
  /// Two lower-case digits a byte, without spaces.
  static func text(_ bytes: [UInt8]) -> String {
    var digits: [UInt8] = []
    digits.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      for nibble in [byte >> 4, byte & 0xf] { digits.append(nibble < 10 ? 0x30 + nibble : 0x57 + nibble) }
    }
    return String(decoding: digits, as: UTF8.self)
  }
}

/// errno(3) in words, the same on every host.
package enum SystemErrors {
  /// "no such file or folder" for ENOENT; "error 71" for what is seldom met.
  package static func text(_ number: Int32) -> String {
    switch number {
    case 1: "operation not permitted"
    case 2: "no such file or folder"
    case 5: "input/output error"
    case 12: "out of memory"
    case 13: "permission denied"
    case 20: "a part of the path is no folder"
    case 21: "it is a folder"
    case 22: "it is no regular file"
    case 28: "no space left on the device"
    case 30: "the file system is read-only"
    case 36: "the name is too long"
    case 40: "too many symbolic links"
    default: "error \(number)"
    }
  }
}
