internal import Bytes
internal import Compression
internal import ELF
internal import Machine
internal import ModuleFiles

/// Says what a core lacks and what that costs.
struct CoreShortfalls {
  let elf: ELFFile
  /// How many program headers lie in the file.
  let headerCount: Int
  let notes: CoreNotes
  let segments: CoreSegments
  let files: FileNote?
  let threads: CoreThreads
  let mappings: [Mapping]
  let modules: ModuleDiscovery.Result
  let architecture: Architecture
  let unpackingFailure: DecompressionError?

  /// In the order in which they matter.
  var all: [Shortfall] { ofTheFile + ofThreads + ofModules + ofContradictions }

  private var ofTheFile: [Shortfall] {
    var found: [Shortfall] = []
    if let unpackingFailure {
      let place =
        switch unpackingFailure {
        case .truncated(let offset): "cut after \(grouped(offset)) bytes"
        case .corrupt(let offset): "damaged \(grouped(offset)) bytes from its start"
        case .tooLarge(let limit): "larger than \(grouped(limit)) bytes when unpacked"
        case .outOfMemory: "packed in a way that needs more memory than a core should"
        }
      found.append(
        Shortfall(
          what: "the compressed file is \(place)", cost: "only what came before it is examined", isHeadline: true)
      )
    }
    let stated = Int(elf.header.programHeaderCount)
    if headerCount < stated {
      found.append(
        Shortfall(
          what: "the file ends within its program headers: \(grouped(headerCount)) of \(grouped(stated)) are left",
          cost: "no memory can be read, and no thread is known", isHeadline: true))
    } else if segments.missingBytes > 0 {
      let cut = segments.all.count { $0.dumpedSize < $0.statedSize }
      found.append(
        Shortfall(
          what: "the file is cut: \(grouped(segments.missingBytes)) bytes of memory that it should hold are missing",
          cost: "\(grouped(cut)) of \(grouped(segments.all.count)) mappings are missing in part or whole",
          isHeadline: true))
    }
    let writable = mappings.filter { $0.path == nil && $0.permissions?.contains(.write) == true }
    if !writable.isEmpty, writable.allSatisfy({ $0.statedSize == 0 }) {
      found.append(
        Shortfall(
          what: "no memory that the program wrote to was dumped (coredump_filter)",
          cost: "there are no stacks and no data", isHeadline: true))
    }
    if notes.isTruncated {
      found.append(
        Shortfall(what: "the file ends within its notes", cost: "threads or mappings may be missing", isHeadline: true))
    }
    return found
  }

  private var ofThreads: [Shortfall] {
    var found: [Shortfall] = []
    if threads.threads.isEmpty {
      found.append(
        Shortfall(
          what: "the file says nothing of any thread (no NT_PRSTATUS)", cost: "there are no registers and no stacks",
          isHeadline: true))
    }
    if !threads.cut.isEmpty {
      found.append(
        Shortfall(
          what: "the registers of \(threadList(threads.cut)) are cut",
          cost: "there is no stack of \(threads.cut.count == 1 ? "it" : "them")"))
    }
    let withoutStack = threads.threads.filter { thread in
      guard let pointer = thread.registers.stackPointer(architecture) else { return false }
      let index = mappings.partitioningIndex { $0.end > pointer }
      guard index < mappings.count, mappings[index].contains(pointer) else { return false }
      return mappings[index].permissions?.contains(.write) == true && modules.memory.window(containing: pointer) == nil
    }
    if !withoutStack.isEmpty {
      found.append(
        Shortfall(
          what: "the memory that the stack pointer of \(threadList(withoutStack.map(\.tid))) points to was not dumped",
          cost: "\(withoutStack.count == 1 ? "its stack" : "their stacks") cannot be walked beyond the first frame",
          isHeadline: withoutStack.contains { $0.tid == threads.threads.first?.tid }))
    }
    return found
  }

  private var ofModules: [Shortfall] {
    var found: [Shortfall] = []
    let all = modules.modules
    for module in all where module.isMismatched {
      found.append(
        Shortfall(
          what: "the file of \(module.path) is from another build than the one that crashed",
          cost: "it was not used: names and call frames of \(module.name) come from memory, or are missing",
          isHeadline: true))
    }
    // A program may map a part of a file a second time, as V8 does with its code: it is no module of its own.
    let named = Set(all.lazy.filter { $0.file != nil }.map(\.path))
    let missing = all.filter { $0.file == nil && !$0.isMismatched && !named.contains($0.path) }
    if !missing.isEmpty {
      found.append(
        Shortfall(
          what: "no file was found of \(nameList(missing))",
          cost: "names and call frames come from memory, or are missing"))
    }
    let unverified = all.filter { $0.file?.isVerified == false }
    if !unverified.isEmpty {
      found.append(
        Shortfall(
          what: "there is no build-id in the memory of \(nameList(unverified))",
          cost: "that the files found are the right ones is known from their layout alone"))
    }
    if all.isEmpty {
      found.append(
        Shortfall(
          what: "no module was found: neither mapped files (NT_FILE) nor the dynamic linker's list are in the core",
          cost: "no address has a name", isHeadline: true))
    } else if files == nil && !modules.hasLinkMap && all.contains(where: { $0.hasInterpreter }) {
      found.append(
        Shortfall(
          what: "neither mapped files (NT_FILE) nor the dynamic linker's list are in the core",
          cost: "shared objects are not known", isHeadline: true))
    }
    if modules.isLinkMapCut && files == nil {
      found.append(
        Shortfall(what: "the dynamic linker's list cannot be read to its end", cost: "shared objects may be missing"))
    }
    if modules.isCut {
      found.append(Shortfall(what: "there are more modules than are examined", cost: "some addresses have no names"))
    }
    return found
  }

  private var ofContradictions: [Shortfall] {
    var found: [Shortfall] = []
    if segments.overlapping > 0 {
      found.append(
        Shortfall(
          what: "\(grouped(segments.overlapping)) memory segments lie over others",
          cost: "of two, the one with the lower address was believed"))
    }
    if segments.invalid > 0 {
      found.append(
        Shortfall(
          what: "\(grouped(segments.invalid)) memory segments end beyond the address space", cost: "they were left out")
      )
    }
    if let lost = files?.lost, lost > 0 {
      found.append(
        Shortfall(
          what:
            "the list of mapped files (NT_FILE) lacks \(grouped(lost)) entries that it states, or contradicts itself",
          cost: "modules may be missing"))
    }
    if threads.unusable > 0 {
      found.append(
        Shortfall(
          what: "\(grouped(threads.unusable)) notes of threads are too short, or speak of a thread a second time",
          cost: "they were left out"))
    }
    return found
  }

  private func threadList(_ tids: [Int32]) -> String {
    let shown = tids.prefix(8).map(String.init).joined(separator: ", ")
    let rest = tids.count - 8
    return "\(tids.count == 1 ? "thread" : "threads") \(shown)\(rest > 0 ? " and \(grouped(rest)) others" : "")"
  }

  private func nameList(_ modules: [Module]) -> String {
    let shown = modules.prefix(8).map(\.name).joined(separator: ", ")
    let rest = modules.count - 8
    return "\(shown)\(rest > 0 ? " and \(grouped(rest)) others" : "")"
  }

  /// A number with commas between groups of three digits.
  private func grouped(_ value: some BinaryInteger) -> String {
    var digits = Array(String(value).reversed())
    var index = 3
    while index < digits.count, digits[index] != "-" {
      digits.insert(",", at: index)
      index += 4
    }
    return String(digits.reversed())
  }
}

extension Module {
  /// Whether its program headers name a dynamic linker (PT_INTERP).
  fileprivate var hasInterpreter: Bool {
    (image ?? file?.elf)?.segments.contains { $0.type == ProgramHeader.interpreter } == true
  }
}
