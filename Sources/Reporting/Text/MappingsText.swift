/// The address space, like pmap(1): a line a mapping, what it is, and how much of it was dumped.
package struct MappingsText {
  private let page: TextPage

  package init(_ page: TextPage) { self.page = page }

  package func write(_ mappings: [ReportedMapping]) {
    for mapping in mappings {
      page.put("  ")
      page.output.append(hexadecimal: mapping.start.value, digits: 12)
      page.put("-")
      page.output.append(hexadecimal: mapping.end.value, digits: 12)
      page.put(" ")
      page.put(escaping: mapping.permissions ?? "???")
      let size = Quantities.bytes(mapping.end.value &- mapping.start.value)
      page.spaces(11 - size.utf8.count)
      page.put(escaping: size)
      page.put("  ")
      page.put(escaping: Self.use(mapping))
      page.with(.faint) { page.put(escaping: Self.dumped(mapping)) }
      page.endLine()
    }
  }

  /// What a mapping is: "stack of thread 12", "/usr/lib/libc.so.6 from 0x1000".
  package static func use(_ mapping: ReportedMapping) -> String {
    let thread = mapping.thread.map { " of thread \($0)" } ?? ""
    let path = mapping.path.map { path in
      let offset = mapping.fileOffset.map { $0.value == 0 ? "" : " from \($0.text)" } ?? ""
      return path + offset
    }
    switch mapping.use {
    case "file": return path ?? "file"
    case "arena": return "heap (thread arena)"
    case "stack": return "stack" + thread
    case "signal-stack": return "alternate signal stack" + thread
    case "guard": return "guard below a stack" + thread
    case "reserved": return "reserved, no access"
    case "unknown": return path ?? "unknown"
    default: return mapping.use + (path.map { " (\($0))" } ?? "")
    }
  }

  /// How much of it the core holds, where that is not all of it.
  static func dumped(_ mapping: ReportedMapping) -> String {
    let size = mapping.end.value &- mapping.start.value
    if mapping.dumpedSize < mapping.statedSize {
      return "  [cut: \(Quantities.bytes(mapping.dumpedSize)) of \(Quantities.bytes(mapping.statedSize)) in the core]"
    }
    if mapping.dumpedSize == 0 { return mapping.use == "guard" || mapping.use == "reserved" ? "" : "  [not dumped]" }
    return mapping.dumpedSize < size ? "  [dumped: first \(Quantities.bytes(mapping.dumpedSize))]" : ""
  }
}
