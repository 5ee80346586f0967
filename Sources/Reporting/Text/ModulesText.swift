/// Modules: where each lay, its build-id, and which files were found for it or why not.
package struct ModulesText {
  private let page: TextPage

  package init(_ page: TextPage) { self.page = page }

  package func write(_ modules: [ReportedModule]) {
    for module in modules {
      page.put("  ")
      page.output.append(hexadecimal: module.start.value, digits: 12)
      page.put("-")
      page.output.append(hexadecimal: module.end.value, digits: 12)
      page.put("  ")
      page.with(.heading) { page.put(escaping: module.path) }
      page.endLine()
      line("build-id", module.buildID ?? "not in the core")
      line("file", module.file.map(Self.describe) ?? "not found")
      if let debugFile = module.debugFile { line("debug file", Self.describe(debugFile)) }
      for refusal in module.refused { line("refused", "\(refusal.path): \(refusal.reason)") }
    }
  }

  private func line(_ label: String, _ text: String) {
    page.put("      ")
    page.put(escaping: label)
    page.spaces(12 - label.utf8.count)
    page.paragraph(text, column: 18)
  }

  private static func describe(_ file: ReportedFile) -> String {
    let origin = [
      "named": "named by you", "path": "by its path", "build-id": "by its build-id", "debug-link": "by its debug link",
      "debug-data": "from its own .gnu_debugdata", "memory": "from the process's own memory",
    ]
    let verified = file.isVerified ? "build-id verified" : "build-id not verified"
    return (file.path.map { $0 + ", " } ?? "") + (origin[file.origin] ?? file.origin) + ", " + verified
  }
}
