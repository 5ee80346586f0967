public import Bytes
internal import ELF
public import Machine
public import ModuleFiles

/// A core file, examined where it lies.
///
/// Opening one costs what its headers and notes cost, not what the file's size would: its bytes are mapped, and
/// read when they are asked for.
public final class CoreTarget: Target {
  public let architecture: Architecture
  public let process: ProcessDescription
  public let signal: SignalInfo?
  public let threads: [ThreadState]
  public let mappings: [Mapping]
  public let modules: [Module]
  public let auxiliaryVector: AuxiliaryVector
  public let codePointerMask: UInt64
  public let shortfalls: [Shortfall]
  /// The memory, with what of it was dumped told apart.
  public let coreMemory: CoreMemory
  public var memory: any TargetMemory { coreMemory }
  /// What found the modules' files; it finds their debug files, too.
  public let finder: FileFinder
  /// Register sets besides the general registers, by thread.
  private let registerNotes: [Int32: [RegisterNote]]

  /// The size of a page of the target.
  public let pageSize: UInt64

  /// Opens the core file at `path`.
  ///
  /// - Parameters:
  ///   - path: the host's path.
  ///   - search: where the files of its modules are looked for.
  /// - Throws: ``CoreError`` where nothing can be told from the file. A core that is cut or lacks something opens;
  ///   ``shortfalls`` says what is missing.
  public convenience init(path: String, search: SearchPaths = SearchPaths()) throws(CoreError) {
    let file: MappedFile
    do throws(FileError) {
      file = try MappedFile(path: path)
    } catch {
      throw .unreadable(error)
    }
    file.adviseRandomAccess()
    try self.init(ByteView(file), finder: FileFinder(search))
  }

  /// Reads a core from bytes in memory.
  public init(_ bytes: ByteView, finder: FileFinder) throws(CoreError) {
    let elf = try Self.elf(bytes)
    guard let architecture = Architecture(machine: elf.header.machine) else {
      throw .unsupportedMachine(elf.header.machine)
    }
    let headers = elf.segments
    guard !headers.isEmpty else { throw .nothingInside }
    let notes = CoreNotes(elf, segments: headers)
    let segments = CoreSegments(headers, fileSize: bytes.count)
    let files = notes.files.flatMap { FileNote($0) }
    let auxiliaryVector = AuxiliaryVector(notes.auxiliaryVector ?? .empty)
    let processInfo = notes.processInfo.map { ProcessStatus($0) }
    let threads = CoreThreads(notes, architecture, processInfo: processInfo)
    let mappings = MappingTable.merge(segments.all, files)
    let dumped = CoreMemory(core: bytes, segments: segments.all)

    let discovery = ModuleDiscovery(
      machine: elf.header.machine, files: files, mappings: mappings, auxiliaryVector: auxiliaryVector, finder: finder)
    let modules = discovery.modules(core: bytes, segments: segments.all, dumped: dumped)

    self.architecture = architecture
    self.auxiliaryVector = auxiliaryVector
    self.finder = finder
    self.threads = threads.threads
    signal = threads.signal
    registerNotes = threads.registers
    self.modules = modules.modules
    coreMemory = modules.memory
    pageSize = Self.pageSize(auxiliaryVector, files)
    process = ProcessDescription(
      pid: processInfo?.pid, parentPID: processInfo?.parentPID, name: processInfo?.name,
      arguments: processInfo?.commandLine.map { $0.split(separator: " ").map(String.init) } ?? [],
      executablePath: auxiliaryVector[AuxiliaryVector.executablePath].flatMap {
        modules.memory.cString(at: $0)?.text
      })
    codePointerMask =
      threads.threads.first.flatMap { threads.registers[$0.tid] }?
      .first { $0.type == RegisterNote.armPointerAuthenticationMask }?.contents.load(UInt64.self, at: 8) ?? 0
    self.mappings = mappings
    shortfalls = []
  }

  /// The register sets of a thread besides its general registers.
  public func registerNotes(of tid: Int32) -> [RegisterNote] { registerNotes[tid] ?? [] }

  private static func elf(_ bytes: ByteView) throws(CoreError) -> ELFFile {
    guard !bytes.isEmpty else { throw .empty }
    let elf: ELFFile
    do throws(ELFError) {
      elf = try ELFFile(bytes)
    } catch {
      throw CoreError(error)
    }
    guard elf.header.type == ELFHeader.core else { throw .notACore(type: elf.header.type) }
    return elf
  }

  /// AT_PAGESZ, or what NT_FILE counts in; 4,096 where neither is a page's size.
  private static func pageSize(_ vector: AuxiliaryVector, _ files: FileNote?) -> UInt64 {
    [vector[AuxiliaryVector.pageSize], files?.pageSize].compactMap(\.self)
      .first { $0 >= 4096 && $0 <= 1 << 20 && $0 & ($0 - 1) == 0 } ?? 4096
  }
}

extension Architecture {
  /// The architecture of an e_machine; nil where it is neither.
  init?(machine: UInt16) {
    switch machine {
    case ELFHeader.machineX86_64: self = .x86_64
    case ELFHeader.machineAArch64: self = .aarch64
    default: return nil
    }
  }
}
