public import Bytes
public import ELF
public import ModuleFiles

/// An executable or shared object that the target had mapped.
public struct Module: Sendable {
  /// The path as the target names it; `[vdso]` for the vDSO.
  public let path: String
  /// From the first to after the last mapped address.
  public let start: UInt64
  public let end: UInt64
  /// What is added to an address that the linker stated to give one in the target. Wraps.
  public let bias: UInt64
  /// The build-id as the target's memory holds it; nil where that was not dumped.
  public let buildID: ByteView?
  /// The file with its code: found and believed.
  public let file: FoundFile?
  /// The separate file with its debug information and full symbol table, where there is one.
  public let debugFile: FoundFile?
  /// The image in the target's memory, parsed as an ELF file where its headers were dumped.
  public let image: ELFFile?
  /// What was looked at and refused, or tried in vain.
  public let refused: [RefusedFile]

  public init(
    path: String, start: UInt64, end: UInt64, bias: UInt64, buildID: ByteView?, file: FoundFile?,
    debugFile: FoundFile?, image: ELFFile?, refused: [RefusedFile]
  ) {
    self.path = path
    self.start = start
    self.end = end
    self.bias = bias
    self.buildID = buildID
    self.file = file
    self.debugFile = debugFile
    self.image = image
    self.refused = refused
  }

  /// Whether the target's `address` lies between its first and last.
  public func contains(_ address: UInt64) -> Bool { address >= start && address < end }

  /// The last component of ``path``.
  public var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// A file was there and is the wrong one.
  public var isMismatched: Bool {
    file == nil
      && refused.contains {
        if case .wrongBuildID = $0.reason { true } else { false }
      }
  }
}
