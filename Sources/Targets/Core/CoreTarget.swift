public import Bytes
public import Compression
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
  /// Modules by address: where each begins, and its place in ``modules``.
  private let moduleOrder: [(start: UInt64, index: Int)]
  /// The place of each thread in ``threads``.
  private let threadIndex: [Int32: Int]
  /// Register sets besides the general registers, by thread.
  private let registerNotes: [Int32: [RegisterNote]]

  /// The core file, unpacked.
  package let bytes: ByteView
  /// The pieces of memory that the file holds, by address.
  package let segments: [CoreSegment]
  /// The segments of the process: of a trimmed core those of the core that it was made of.
  package let originalSegments: [CoreSegment]
  /// NT_AUXV as it stands in the file.
  package let auxiliaryNote: ByteView

  /// The size of a page of the target.
  public let pageSize: UInt64

  /// Opens the core file at `path`, compressed or not. A compressed one (gzip, zstd, lz4, xz) is unpacked to a
  /// temporary file first.
  ///
  /// - Parameters:
  ///   - path: the host's path.
  ///   - search: where the files of its modules are looked for.
  ///   - progress: called now and then while the file is unpacked.
  /// - Throws: ``CoreError`` where nothing can be told from the file. A core that is cut or lacks something opens;
  ///   ``shortfalls`` says what is missing.
  public convenience init(
    path: String, search: SearchPaths = SearchPaths(), progress: ((DecompressionProgress) -> Void)? = nil
  ) throws(CoreError) {
    try self.init(CoreContent(path: path, progress: progress), path: path, search: search)
  }

  /// Reads the core that the file at `path` holds.
  package convenience init(_ content: CoreContent, path: String, search: SearchPaths) throws(CoreError) {
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let finder = FileFinder(search, workingFolders: folder == "." ? ["."] : [folder, "."])
    try self.init(content.bytes, finder: finder, unpackingFailure: content.failure)
  }

  /// Reads a core from bytes in memory, not compressed.
  ///
  /// - Parameter unpackingFailure: why the bytes are not all that were compressed, if they were.
  public convenience init(
    _ bytes: ByteView, finder: FileFinder, unpackingFailure: DecompressionError? = nil
  ) throws(CoreError) {
    try self.init(bytes, finder: finder, unpackingFailure: unpackingFailure, beyond: nil)
  }

  /// Reads what was copied of a process, laid out as a core.
  ///
  /// - Parameter beyond: is asked for memory that was not copied.
  package init(
    _ bytes: ByteView, finder: FileFinder, unpackingFailure: DecompressionError? = nil, beyond: (any TargetMemory)?
  ) throws(CoreError) {
    let elf = try Self.elf(bytes)
    guard let architecture = Architecture(machine: elf.header.machine) else {
      throw .unsupportedMachine(elf.header.machine)
    }
    let headers = elf.segments
    guard !headers.isEmpty else { throw .nothingInside }
    let notes = CoreNotes(elf, segments: headers)
    let dumped = CoreSegments(headers, fileSize: bytes.count)
    let segments = notes.original.flatMap { TrimNote.segments($0) }.map { CoreSegments(original: $0) } ?? dumped
    let files = notes.files.flatMap { FileNote($0) }
    let auxiliaryVector = AuxiliaryVector(notes.auxiliaryVector ?? .empty)
    let processInfo = notes.processInfo.map { ProcessStatus($0) }
    let threads = CoreThreads(notes, architecture, processInfo: processInfo)
    var mappings = MappingTable.merge(segments.all, files)
    let modules = ModuleDiscovery(
      machine: elf.header.machine, files: files, mappings: mappings, auxiliaryVector: auxiliaryVector, finder: finder,
      core: bytes, segments: dumped.all, beyond: beyond
    ).run()
    self.bytes = bytes
    self.segments = dumped.all
    originalSegments = segments.all
    auxiliaryNote = notes.auxiliaryVector ?? .empty

    self.architecture = architecture
    self.auxiliaryVector = auxiliaryVector
    self.finder = finder
    self.threads = threads.threads
    threadIndex = Dictionary(threads.threads.enumerated().map { ($1.tid, $0) }) { first, _ in first }
    signal = threads.signal
    registerNotes = threads.registers
    self.modules = modules.modules
    moduleOrder = modules.modules.enumerated().map { ($1.start, $0) }.sorted { $0.start < $1.start }
    coreMemory = modules.memory
    pageSize = Self.pageSize(auxiliaryVector, files)
    process = Self.process(
      processInfo, auxiliaryVector, auxiliaryNote: notes.auxiliaryVector ?? .empty, memory: modules.memory)
    codePointerMask =
      threads.threads.first.flatMap { threads.registers[$0.tid] }?
      .first { $0.type == RegisterNote.armPointerAuthenticationMask }?.contents.load(UInt64.self, at: 8) ?? 0
    if files == nil { MappingTable.name(&mappings, by: modules.modules, pageSize: pageSize) }
    MappingUses.assign(
      to: &mappings, architecture: architecture, threads: threads.threads, pid: processInfo?.pid,
      modules: modules.modules, auxiliaryVector: auxiliaryVector, memory: modules.memory)
    self.mappings = mappings
    shortfalls =
      CoreShortfalls(
        elf: elf, headerCount: headers.count, notes: notes, segments: segments, files: files, threads: threads,
        mappings: mappings, modules: modules, architecture: architecture, unpackingFailure: unpackingFailure
      ).all
  }

  public func moduleIndex(containing address: UInt64) -> Int? {
    let place = moduleOrder.partitioningIndex { $0.start > address }
    guard place > 0 else { return nil }
    let index = moduleOrder[place - 1].index
    return modules[index].contains(address) ? index : nil
  }

  public func thread(_ tid: Int32) -> ThreadState? { threadIndex[tid].map { threads[$0] } }

  /// The register sets of a thread besides its general registers.
  public func registerNotes(of tid: Int32) -> [RegisterNote] { registerNotes[tid] ?? [] }

  private static func process(
    _ info: ProcessStatus?, _ vector: AuxiliaryVector, auxiliaryNote: ByteView, memory: CoreMemory
  ) -> ProcessDescription {
    let stack = InitialStack(vector, note: auxiliaryNote, memory: memory)
    return ProcessDescription(
      pid: info?.pid, parentPID: info?.parentPID, name: info?.name,
      arguments: stack?.arguments ?? info?.commandLine?.split(separator: " ").map(String.init) ?? [],
      executablePath: vector[AuxiliaryVector.executablePath].flatMap { memory.cString(at: $0)?.text },
      argumentVector: stack.map { $0.start &+ 8 })
  }

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
