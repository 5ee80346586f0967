/// Views of a core for people.
package struct ViewText {
  private let page: TextPage

  package init(_ output: ByteOutput, _ options: TextOptions) { page = TextPage(output, options) }

  package func write(registers: [ReportedRegister]) { finish { RegistersText(page).write(registers) } }
  package func write(mappings: [ReportedMapping]) { finish { MappingsText(page).write(mappings) } }
  package func write(modules: [ReportedModule]) { finish { ModulesText(page).write(modules) } }
  package func write(code: [ReportedInstruction]) { finish { CodeText(page).write(code) } }

  package func write(stack: ReportedStack) { write(stacks: [stack]) }

  package func write(stacks: [ReportedStack]) {
    finish {
      for (index, stack) in stacks.enumerated() {
        if index > 0 { page.endLine() }
        page.with(.heading) { page.put(escaping: ThreadsText.names(stack.threads, isFull: page.options.isFull)) }
        page.put(", ")
        page.put(escaping: Quantities.count(stack.frameCount, "frame"))
        page.endLine()
        StackText(page).write(stack)
      }
    }
  }

  package func write(threads: [ListedThread]) {
    finish {
      let width = threads.map { String($0.tid).utf8.count }.max() ?? 0
      for thread in threads {
        page.put(thread.isCrashed ? "* " : "  ")
        page.put(Int(thread.tid), width: width)
        if let name = thread.name {
          page.put(" ")
          page.put(escaping: name)
        }
        page.put("  ")
        let place = Escaping.escaped(thread.place ?? thread.pc?.text ?? "registers not in the core")
        page.with(.function) {
          page.output.append(verbatim: page.options.isFull ? place : NameCutter.cut(place, to: page.options.width - 40))
        }
        if let stack = thread.stack {
          page.with(.faint) {
            page.put("  on ")
            page.put(escaping: stack)
          }
        }
        page.endLine()
      }
    }
  }

  package func write(hit: StringSearch.Hit) {
    page.output.append("0x")
    page.output.append(hexadecimal: hit.address.value, digits: 12)
    page.put("  ")
    page.with(.faint) { page.put(escaping: hit.region) }
    page.put("  ")
    page.put(escaping: hit.text)
    page.endLine()
  }

  package func finish() { page.output.flush() }

  /// Sixteen bytes a line, in hexadecimal and as text.
  package func write(memory: MemoryDump) {
    finish {
      page.with(.heading) { page.put(escaping: memory.region) }
      page.endLine()
      HexDumpText(page).write(memory.bytes, at: memory.address, indent: 2)
      if memory.missing > 0 {
        page.put("  ")
        page.paragraph("\(Quantities.bytes(UInt64(memory.missing))) beyond that are not in the core", column: 2)
      }
    }
  }

  package func write(heap: ReportedHeap) { finish { HeapText(page).write(heap) } }

  package func write(whatIs: WhatIs) {
    finish {
      page.put(escaping: whatIs.address.text)
      page.put(": ")
      page.with(.heading) { page.put(escaping: whatIs.summary) }
      page.endLine()
      if let mapping = whatIs.mapping {
        page.put("  mapping  ")
        MappingsText(page).write([mapping])
      }
      if let module = whatIs.module {
        line("module", module + (whatIs.moduleOffset.map { " at \($0.text) as linked" } ?? ""))
      }
      if let symbol = whatIs.symbol {
        let size = whatIs.symbolSize.map { $0 == 0 ? "" : " of \(Quantities.bytes($0))" } ?? ""
        line("symbol", "\(symbol)+\(whatIs.symbolOffset ?? 0)\(size)")
      }
      if let file = whatIs.file { line("source", "\(file)\(whatIs.line.map { ":\($0)" } ?? "")") }
      if let thread = whatIs.thread, let frame = whatIs.frame {
        line("frame", "\(frame.number) of thread \(thread): \(frame.function ?? frame.pc.text)")
      }
      if let chunk = whatIs.heapChunk { line("chunk", chunk.text) }
      if let word = whatIs.word { line("word", word.text + (whatIs.wordMeaning.map { " = \($0)" } ?? "")) }
    }
  }

  private func line(_ label: String, _ text: String) {
    page.put("  ")
    page.put(escaping: label)
    page.spaces(9 - label.utf8.count)
    page.paragraph(text, column: 11)
  }

  private func finish(_ body: () -> Void) {
    body()
    page.output.flush()
  }
}
