import Bytes
import FuzzSupport
import Symbolication

/// The input is a name, as a symbol table holds it.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let name = SymbolName(raw: unsafe view(start, count))
  for style in [SymbolName.Style.short, .full] { _ = name.text(style).utf8.count }
  return 0
}
