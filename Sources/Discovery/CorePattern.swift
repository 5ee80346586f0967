/// Where the kernel puts core files: `/proc/sys/kernel/core_pattern` (core(5)).
package struct CorePattern: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// Files of this name, with % templates, relative to the folder of the process that dies or absolute.
    case file(template: String)
    /// Handed to a program, by its path.
    case pipe(program: String)
    /// Handed to a socket (Linux 6.16).
    case socket(path: String)
    /// No cores: the pattern is empty and the kernel does not add the pid.
    case none
  }

  /// The pattern as the kernel has it, without its newline.
  package let text: String
  package let kind: Kind

  /// - Parameters:
  ///   - text: the contents of `core_pattern`.
  ///   - addsPID: whether `core_uses_pid` is on; it adds ".PID" where the pattern has no %p.
  package init(_ text: String, addsPID: Bool) {
    let text = String(text.prefix { $0 != "\n" })
    self.text = text
    if text.hasPrefix("|") {
      let program = text.dropFirst().drop { $0 == " " }.prefix { $0 != " " }
      kind = .pipe(program: String(program))
    } else if text.hasPrefix("@") {
      kind = .socket(path: String(text.drop { $0 == "@" }))
    } else if text.isEmpty, !addsPID {
      kind = .none
    } else {
      kind = .file(template: addsPID && !text.contains("%p") ? text + ".%p" : text)
    }
  }

  /// Whether cores are files whose place does not depend on the folder of the process that dies.
  package var isAbsolute: Bool {
    if case .file(let template) = kind { template.hasPrefix("/") } else { false }
  }

  /// The parts of the path of a core file, folders first, with gaps for the templates; empty where cores are
  /// no files.
  var components: [Glob] {
    guard case .file(let template) = kind else { return [] }
    return template.split(separator: "/").map { Self.glob(String($0)) }
  }

  /// The folder as far as it is fixed: "/var/cores" of "/var/cores/%h/core.%p"; nil where cores are no files.
  package var fixedFolder: String? {
    guard case .file(let template) = kind else { return nil }
    var folders: [String] = []
    for part in template.split(separator: "/").dropLast() {
      let glob = Self.glob(String(part))
      guard glob.isFixed else { break }
      folders += glob.pieces
    }
    let joined = folders.joined(separator: "/")
    return template.hasPrefix("/") ? "/" + joined : joined.isEmpty ? "." : joined
  }

  /// A name with templates as a pattern: "%%" is a percent sign, any other "%x" a gap, a "%" at the end nothing.
  static func glob(_ template: String) -> Glob {
    var glob = Glob()
    var rest = template[...]
    while let character = rest.popFirst() {
      guard character == "%" else {
        glob.append(character)
        continue
      }
      guard let specifier = rest.popFirst() else { break }
      if specifier == "%" { glob.append("%") } else { glob.appendGap() }
    }
    return glob
  }
}
