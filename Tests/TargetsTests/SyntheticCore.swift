import Bytes
import ModuleFiles
import Targets
import TestSupport

/// Opens what a writer wrote, without looking for any file of the host.
func open(_ writer: CoreWriter) throws(CoreError) -> CoreTarget {
  try open(writer.bytes())
}

func open(_ bytes: [UInt8]) throws(CoreError) -> CoreTarget {
  try CoreTarget(ByteView(bytes), finder: .nowhere)
}

extension FileFinder {
  /// Finds nothing.
  static var nowhere: FileFinder { FileFinder(SearchPaths(systemRoots: ["/nonexistent/root"])) }
}

extension CoreWriter {
  /// One thread, and a page of stack at 0x7000_0000 that its stack pointer lies in.
  static func small(machine: UInt16 = 62) -> CoreWriter {
    var core = CoreWriter(machine: machine)
    core.addThread(100, signal: 11, registers: ["rip": 0x1000, "rsp": 0x7000_0800, "pc": 0x1000, "sp": 0x7000_0800])
    core.addProcess(pid: 100, name: "small", commandLine: "small program")
    core.addMemory(0x7000_0000, [UInt8](repeating: 7, count: 4096))
    return core
  }
}
