internal import Bytes
internal import Disassembly
internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// `0x7ffd1234`.
func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

/// `8,192`: digits in groups, for counts and sizes.
func grouped(_ value: UInt64) -> String {
  var text = String(value)
  var position = text.count - 3
  while position > 0 {
    text.insert(",", at: text.index(text.startIndex, offsetBy: position))
    position -= 3
  }
  return text
}

/// `8 MiB`, `132 KiB`, `24 bytes`: exact in bytes below 10 KiB, rounded above.
func byteCount(_ value: UInt64) -> String {
  if value >= 10 << 20 || value >= 1 << 20 && value % (1 << 20) == 0 {
    return "\(grouped(value >> 20 &+ value >> 19 & 1)) MiB"
  }
  if value >= 10 << 10 { return "\(grouped(value >> 10 &+ value >> 9 & 1)) KiB" }
  return value == 1 ? "1 byte" : "\(grouped(value)) bytes"
}

extension Investigation {
  /// The register's name, or its number where it has none.
  func registerName(_ number: Int) -> String { architecture.registerName(number) ?? "register \(number)" }

  /// What the code at an address to look up is called: "getenv+172 (libc.so.6)".
  func place(_ address: UInt64, exact: Bool = true) -> String {
    let resolution = names.resolve([address]).first ?? .none
    let module =
      resolution.module.flatMap { target.modules.indices.contains($0) ? target.modules[$0].name : nil }
      ?? target.moduleIndex(containing: address).map { target.modules[$0].name }
    guard let symbol = resolution.symbol else {
      guard let module, let index = target.moduleIndex(containing: address) else { return hex(address) }
      return "\(module)+\(hex(address &- target.modules[index].bias))"
    }
    // What a compiler moved out of a function's way belongs to the function.
    let bare = symbol.name.bareText
    let name = !exact && bare.hasSuffix(".cold") ? String(bare.dropLast(5)) : bare
    let offset = exact ? "+\(symbol.offset)" : ""
    return "\(name)\(offset)\(module.map { " (\($0))" } ?? "")"
  }

  /// The name of the function at an address to look up, without an offset; the address where it has none.
  func function(_ address: UInt64) -> String { place(address, exact: false) }

  /// The name of a function that is called: of what a stub of the linkage table leads to, where it is one.
  func callee(_ address: UInt64) -> String {
    let name = names.resolve([address]).first?.symbol?.name.bareText ?? ""
    return name.hasSuffix("@plt") ? String(name.dropLast(4)) : function(address)
  }

  /// The name of a frame's function without its module; where it has none, its module and first address there.
  func functionName(of frame: Frame) -> String {
    // Thousands of threads wait at one place.
    if let known = functionNames[frame.lookupAddress] { return known }
    let name =
      names.resolve([frame.lookupAddress]).first?.symbol?.name.bareText
      ?? function(frame.functionStart != 0 ? frame.functionStart : frame.lookupAddress)
    functionNames[frame.lookupAddress] = name
    return name
  }

  /// The variable that an address lies in: "registry_lock", "table+16"; nil where it is in none.
  func variable(at address: UInt64) -> String? {
    guard let symbol = names.resolve([address]).first?.symbol,
      symbol.size == 0 ? symbol.offset == 0 : symbol.offset < symbol.size
    else { return nil }
    return symbol.name.bareText + (symbol.offset == 0 ? "" : "+\(symbol.offset)")
  }

  /// What an address points to: "the stack of thread 12", "libc.so.6 (read-only)", "the heap", "nothing mapped".
  func region(_ address: UInt64) -> String {
    guard let mapping = target.mapping(containing: address) else { return "nothing mapped" }
    let symbol = names.resolve([address]).first?.symbol
    let name = mapping.path.flatMap { $0.split(separator: "/").last.map(String.init) }
    if let stack = stack(containing: address, alternate: nil), stack.kind != .other, !stack.kind.isData {
      return self.name(of: stack)
    }
    switch mapping.use {
    case .heap: return "the heap"
    case .arena: return "the heap of a thread arena"
    case .stack(let tid): return "the stack of thread \(tid)"
    case .signalStack(let tid): return "the signal stack of thread \(tid)"
    case .guardPage: return "a guard page"
    case .reserved: return "address space without permissions"
    case .vdso, .vvar, .vsyscall: return "the kernel's page \(name ?? "")"
    default: break
    }
    if let symbol, let name { return "\(symbol.name.bareText) in \(name)" }
    if let name { return "\(name) at offset \(hex(mapping.fileOffset &+ (address &- mapping.start)))" }
    return "an anonymous mapping"
  }

  /// Evidence with the bytes that were read at `address`, as many as can be.
  func evidence(_ statement: String, at address: UInt64, count: Int = 8) -> Evidence {
    let bytes = memory.readPrefix(address, count)
    return Evidence(statement, address: address, bytes: bytes.isEmpty ? nil : bytes.array)
  }

  /// Evidence from an instruction, with its bytes.
  func evidence(_ statement: String, of pc: UInt64) -> Evidence {
    Evidence(statement, address: pc, bytes: instruction(at: pc)?.bytes)
  }
}
