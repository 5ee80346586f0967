/// Registers, one a line, with what each points to.
package struct RegistersText {
  private let page: TextPage

  package init(_ page: TextPage) { self.page = page }

  package func write(_ registers: [ReportedRegister]) {
    let width = registers.map { Escaping.width($0.name) }.max() ?? 0
    for register in registers {
      page.spaces(2 + width - Escaping.width(register.name))
      page.put(escaping: register.name)
      page.put("  0x")
      page.output.append(hexadecimal: register.value.value, digits: 16)
      if let meaning = register.meaning {
        page.put("  ")
        let escaped = Escaping.escaped(meaning)
        let room = page.options.width - width - 24
        page.output.append(verbatim: page.options.isFull ? escaped : NameCutter.cut(escaped, to: max(room, 24)))
      }
      page.endLine()
    }
  }
}

/// Instructions, one a line, the current one marked.
package struct CodeText {
  private let page: TextPage

  package init(_ page: TextPage) { self.page = page }

  package func write(_ instructions: [ReportedInstruction]) {
    for instruction in instructions {
      if let place = instruction.place {
        page.put("  ")
        page.with(.function) {
          let escaped = Escaping.escaped(place)
          page.output.append(
            verbatim: page.options.isFull ? escaped : NameCutter.cut(escaped, to: page.options.width - 4))
        }
        page.put(":")
        page.endLine()
      }
      page.put(instruction.isCurrent ? "=>" : "  ")
      page.put("  0x")
      page.output.append(hexadecimal: instruction.address.value, digits: 12)
      page.put("  ")
      page.with(.faint) {
        var column = 0
        for digit in instruction.bytes.utf8 {
          page.output.append(byte: digit)
          column += 1
          if column % 2 == 0 { page.put(" ") }
        }
        page.spaces(30 - instruction.bytes.utf8.count / 2 * 3)
      }
      page.put(" ")
      page.put(escaping: instruction.text)
      page.endLine()
    }
  }
}
