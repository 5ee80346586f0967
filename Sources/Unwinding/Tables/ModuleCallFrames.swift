internal import Bytes
internal import DWARF
internal import Machine

/// The call frame information of one module. Nothing is read before an address is looked up; an index is
/// built only where the module has no table of its own.
final class ModuleCallFrames {
  /// The rules of one function: its FDE, with addresses in the target, and the section it lies in.
  struct Match {
    let description: FrameDescriptionEntry
    let section: CallFrameSection
    /// What is added to an address of the section to give one in the target.
    let bias: UInt64
  }

  private let module: UnwindModule
  private let memory: any TargetMemory
  private lazy var ehFrame: CallFrameSection? = makeEHFrame()
  private lazy var table: EHFrameHeader.Table? = header?.table
  private lazy var header: EHFrameHeader? = makeHeader()
  private lazy var tableIsSound: Bool = table?.isSorted() ?? false
  private lazy var ehFrameIndex: CallFrameIndex? = ehFrame.map { section in
    CallFrameIndex(section) { self.placed($0) }
  }
  private lazy var debugFrame: CallFrameSection? = module.debugFrame.map { CallFrameSection(.debugFrame, bytes: $0) }
  private lazy var debugFrameIndex: CallFrameIndex? = debugFrame.map { CallFrameIndex($0) }

  init(_ module: UnwindModule, memory: any TargetMemory) {
    self.module = module
    self.memory = memory
  }

  /// The call frame information of the function that contains `address` in the target: from `.eh_frame`, or
  /// else from `.debug_frame`.
  func match(containing address: UInt64) -> Match? {
    inEHFrame(address) ?? inDebugFrame(address)
  }

  private func inEHFrame(_ address: UInt64) -> Match? {
    guard let ehFrame else { return nil }
    if let table, let entry = table.lastEntry(atOrBefore: address) {
      let offset = entry.description &- ehFrame.address
      if let description = read(ehFrame, offset), description.start == entry.function {
        if description.contains(address) { return Match(description: description, section: ehFrame, bias: 0) }
        // The table is right about this function; whether it is complete and in order is found out once.
        if tableIsSound { return nil }
      }
    } else if table != nil, tableIsSound {
      return nil
    }
    guard let offset = ehFrameIndex?.offset(containing: address), let description = read(ehFrame, UInt64(offset))
    else { return nil }
    return Match(description: description, section: ehFrame, bias: 0)
  }

  private func inDebugFrame(_ address: UInt64) -> Match? {
    guard let debugFrame, let offset = debugFrameIndex?.offset(containing: address &- module.bias) else { return nil }
    do throws(CallFrameError) {
      let description = try debugFrame.frameDescription(at: offset)
      return Match(description: description, section: debugFrame, bias: module.bias)
    } catch {
      return nil
    }
  }

  /// The FDE at `offset` of `.eh_frame`; nil where it makes no sense.
  private func read(_ section: CallFrameSection, _ offset: UInt64) -> FrameDescriptionEntry? {
    guard let offset = Int(exactly: offset) else { return nil }
    do throws(CallFrameError) {
      return placed(try section.frameDescription(at: offset))
    } catch {
      return nil
    }
  }

  /// An FDE whose addresses are absolute has them from the linker where the section was read from a file,
  /// and from the dynamic linker where it was read from memory.
  private func placed(_ description: FrameDescriptionEntry) -> FrameDescriptionEntry {
    guard description.cie.pointerEncoding.isAbsolute, module.bias != 0 else { return description }
    if description.start >= module.start && description.start < module.end { return description }
    return description.moved(by: module.bias)
  }

  private func makeHeader() -> EHFrameHeader? {
    guard let section = module.ehFrameHeader else { return nil }
    do throws(CallFrameError) {
      return try EHFrameHeader(section.bytes, address: section.address)
    } catch {
      return nil
    }
  }

  /// The section that the module came with, or what its header points to in the target's memory.
  private func makeEHFrame() -> CallFrameSection? {
    let dataBase = module.ehFrameHeader?.address ?? 0
    if let section = module.ehFrame {
      return CallFrameSection(.ehFrame, bytes: section.bytes, address: section.address, dataBase: dataBase)
    }
    guard let address = header?.ehFrameAddress, address >= module.start, address < module.end,
      let window = memory.window(containing: address)
    else { return nil }
    let bytes = window.bytes.prefix(from: address - window.start, atMost: module.end - address)
    return CallFrameSection(.ehFrame, bytes: bytes, address: address, dataBase: dataBase)
  }
}
