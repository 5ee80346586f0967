import Foundation
import Machine
import ModuleFiles
import Targets
import Testing

@Test(.enabled(if: ProcessInfo.processInfo.environment["INQ_CORE"] != nil))
func scratch() throws {
  let environment = ProcessInfo.processInfo.environment
  let roots = environment["INQ_ROOT"].map { [$0] } ?? []
  let begin = ContinuousClock.now
  let t = try CoreTarget(
    path: environment["INQ_CORE"]!, search: SearchPaths(executable: environment["INQ_EXE"], systemRoots: roots))
  print("opened in", ContinuousClock.now - begin)
  print(t.architecture, t.process, t.signal as Any, "mask", String(t.codePointerMask, radix: 16))
  for th in t.threads.prefix(10) {
    let sp = th.registers.stackPointer(t.architecture) ?? 0
    print(
      "thread", th.tid, "sig", th.signal, th.name ?? "-", "pc",
      String(th.registers.instructionPointer(t.architecture) ?? 0, radix: 16), "sp", String(sp, radix: 16), "tp",
      String(th.threadPointer ?? 0, radix: 16), "region", t.stackRegion(near: sp) as Any,
      t.nativeStack(of: th) == t.stackRegion(near: sp))
  }
  for m in t.mappings.prefix(70) {
    print(
      String(m.start, radix: 16), String(m.end, radix: 16), m.permissions?.rawValue ?? 99, m.path ?? "-", m.fileOffset,
      "dumped", m.dumpedSize, m.statedSize, m.use)
  }
  for m in t.modules {
    print(
      "module", m.path, String(m.start, radix: 16), String(m.end, radix: 16), "bias", String(m.bias, radix: 16),
      m.file.map { "\($0.path ?? "mem") \($0.origin) \($0.isVerified)" } ?? "NO FILE", "debug",
      m.debugFile?.path ?? "-", m.refused, "image", m.image != nil)
  }
  for s in t.shortfalls { print(s) }
}
