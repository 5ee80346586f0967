extension ComparedAspect {
  /// Everything that is compared.
  static func all(_ a: Report, _ b: Report) -> [ComparedAspect] {
    func one(_ name: String, _ value: (Report) -> String?) -> ComparedAspect {
      let (left, right) = (value(a), value(b))
      return ComparedAspect(
        name: name, isEqual: left == right, a: left.map { [$0] } ?? [], b: right.map { [$0] } ?? [])
    }
    func list(_ name: String, _ value: (Report) -> [String]) -> ComparedAspect {
      let (left, right) = (value(a), value(b))
      return ComparedAspect(name: name, isEqual: left == right, a: left, b: right)
    }
    return [
      one("cause") { $0.findings.first.map { "\($0.title), \($0.certainty)" } },
      one("signal") { report in report.signal.map { [$0.name, $0.codeName].compactMap(\.self).joined(separator: " ") }
      },
      one("access") { report in report.fault.flatMap { $0.access } },
      list("frames") { Array(($0.signature?.parts ?? []).dropFirst()) },
      list("functions") { Array(($0.signature?.names?.parts ?? []).dropFirst()) },
      one("executable") { $0.process.executable ?? $0.process.name },
      one("architecture") { $0.architecture },
      one("C library") {
        $0.cLibrary.map { module in
          [SignatureModule.name(StackText.lastComponent(module.path)), module.buildID].compactMap(\.self)
            .joined(separator: " ")
        }
      },
      one("threads") { "\($0.process.threadCount)" },
      one("signature") { $0.signature?.text },
    ].filter { !$0.a.isEmpty || !$0.b.isEmpty }
  }
}

extension ComparedModule {
  /// Modules of which the processes had different builds, those on the stacks first; then those that one alone had.
  static func differing(_ a: Report, _ b: Report) -> [ComparedModule] {
    func builds(_ report: Report) -> [String: String?] {
      Dictionary(
        report.modules.map { (SignatureModule.name(StackText.lastComponent($0.path)), $0.buildID) }
      ) { first, _ in first }
    }
    let (left, right) = (builds(a), builds(b))
    let parts = (a.signature?.parts ?? []) + (b.signature?.parts ?? [])
    let modules = Set(left.keys).union(right.keys).compactMap { name -> ComparedModule? in
      let (idA, idB) = (left[name] ?? nil, right[name] ?? nil)
      guard idA != idB || (left[name] == nil) != (right[name] == nil) else { return nil }
      return ComparedModule(name: name, a: idA, b: idB, isInStack: parts.contains { $0.contains(name) })
    }
    return modules.sorted { ($0.isInStack ? 0 : 1, $0.name) < ($1.isInStack ? 0 : 1, $1.name) }
  }
}

extension Report {
  /// The C library, by its name.
  fileprivate var cLibrary: ReportedModule? {
    modules.first { module in
      let name = SignatureModule.name(StackText.lastComponent(module.path))
      return name == "libc.so" || name.hasPrefix("ld-musl") || name.hasPrefix("libc.musl")
    }
  }
}
