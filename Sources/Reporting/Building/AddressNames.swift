internal import Machine
internal import Symbolication
package import Targets

/// Says in words where addresses of a target lie, and makes reports' parts of mappings and modules.
package struct AddressNames {
  private let target: any Target
  private let resolve: ([UInt64]) -> [Resolution]
  private let style: SymbolName.Style

  init(target: any Target, style: SymbolName.Style, resolve: @escaping ([UInt64]) -> [Resolution]) {
    self.target = target
    self.style = style
    self.resolve = resolve
  }

  /// What each address points to: "getenv+4 in libc.so.6", "stack of thread 12", "not mapped".
  ///
  /// - Returns: one text an address; nil for small numbers and what points nowhere.
  package func meanings(of addresses: [UInt64]) -> [String?] {
    let resolutions = resolve(addresses)
    return zip(addresses, resolutions).map { address, resolution in
      guard target.mapping(containing: address) != nil || resolution.symbol != nil else { return nil }
      return describe(address, resolution)
    }
  }

  /// What lies at `address`, in a few words; "not mapped" with its nearest neighbour where nothing does.
  package func place(of address: UInt64) -> String { places(of: [address])[0] }

  /// What lies at each address, as ``place(of:)`` says it; looked up together.
  package func places(of addresses: [UInt64]) -> [String] {
    zip(addresses, resolve(addresses)).map { describe($0, $1) }
  }

  private func describe(_ address: UInt64, _ resolution: Resolution) -> String {
    guard let mapping = target.mapping(containing: address) else { return unmapped(address) }
    if let symbol = resolution.symbol, let module = resolution.module, target.modules.indices.contains(module) {
      let offset = symbol.offset == 0 ? "" : "+\(symbol.offset)"
      return "\(symbol.name.text(style))\(offset) in \(target.modules[module].name)"
    }
    let use = MappingsText.use(ReportedMapping(mapping))
    if mapping.use == .file, let path = mapping.path {
      let name = StackText.lastComponent(path)
      return "\(name) at file offset \(HexAddress(mapping.fileOffset &+ (address &- mapping.start)).text)"
    }
    return use
  }

  /// How far the nearest mapping is, where one is near.
  private func unmapped(_ address: UInt64) -> String {
    guard target.architecture.isCanonical(address) else { return "not an address this processor can use" }
    if address < 65_536 { return "not mapped: the first pages never are" }
    let near: UInt64 = 1 << 20
    let above = target.mappingIndex(reaching: address).map { target.mappings[$0] }
    let below = target.lastMapping(below: address)
    if let above, above.start - address <= near, above.start - address <= address - (below?.end ?? 0) {
      let what = MappingsText.use(ReportedMapping(above))
      return "not mapped, \(Quantities.bytes(above.start - address)) below \(what)"
    }
    if let below, address - below.end <= near {
      return "not mapped, \(Quantities.bytes(address - below.end)) beyond the end of "
        + MappingsText.use(ReportedMapping(below))
    }
    return "not mapped"
  }
}

extension ReportedMapping {
  /// A mapping as reports show it.
  package init(_ mapping: Mapping) {
    var thread: Int32?
    let use: String
    switch mapping.use {
    case .unknown: use = "unknown"
    case .file: use = "file"
    case .anonymous: use = "anonymous"
    case .heap: use = "heap"
    case .arena: use = "arena"
    case .stack(let tid): (use, thread) = ("stack", tid)
    case .signalStack(let tid): (use, thread) = ("signal-stack", tid)
    case .guardPage: use = "guard"
    case .reserved: use = "reserved"
    case .vdso: use = "vdso"
    case .vvar: use = "vvar"
    case .vsyscall: use = "vsyscall"
    }
    let permissions = mapping.permissions.map { permissions in
      (permissions.contains(.read) ? "r" : "-") + (permissions.contains(.write) ? "w" : "-")
        + (permissions.contains(.execute) ? "x" : "-")
    }
    self.init(
      start: HexAddress(mapping.start), end: HexAddress(mapping.end), permissions: permissions, use: use,
      thread: thread, path: mapping.path, fileOffset: mapping.path == nil ? nil : HexAddress(mapping.fileOffset),
      dumpedSize: mapping.dumpedSize, statedSize: mapping.statedSize)
  }
}
