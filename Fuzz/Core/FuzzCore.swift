import Bytes
import FuzzSupport
import Machine
import ModuleFiles
import Targets

/// The input is a core file; nothing of the host is looked at.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = unsafe view(start, count)
  do throws(CoreError) {
    read(try CoreTarget(bytes, finder: FileFinder(SearchPaths(systemRoots: ["/nonexistent"]))))
  } catch {
    return 0
  }
  return 0
}

/// Asks for everything that a core can tell, and for memory at the edges of all that it has.
func read(_ target: CoreTarget) {
  _ = (target.process, target.signal, target.shortfalls.count, target.codePointerMask)
  for thread in target.threads.prefix(64) { _ = target.registerNotes(of: thread.tid).count }
  for module in target.modules.prefix(64) { _ = (module.path, module.contains(module.start)) }
  for mapping in target.mappings.prefix(64) {
    for address in [mapping.start &- 1, mapping.start, mapping.end &- 4, mapping.end] {
      _ = target.memory.word(at: address)
      _ = target.memory.readPrefix(address, 4096).array
      _ = target.memory.cString(at: address)?.text
      _ = target.coreMemory.isDumped(address)
      _ = target.mapping(containing: address)
      _ = target.moduleIndex(containing: address)
    }
  }
}
