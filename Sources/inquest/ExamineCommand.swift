import ArgumentParser

struct ExamineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "examine",
    abstract: "Show parts of a core: registers, mappings, stacks, code, memory, modules, threads, strings, heap.",
    usage: "inquest examine CORE <view> [<options>]",
    discussion: """
      The core stands before the view: `inquest examine ./core.59530 maps`.

      An ADDRESS is a number (0x7f12, 4096), a symbol (getenv), a register ($sp, $pc, $rdi), or either with an \
      offset (getenv+172, $rbp-0x18). Registers are those of --thread and --frame.

      \(ExitStatus.discussion)
      """,
    subcommands: [
      RegistersView.self, MapsView.self, StackView.self, DisassembleView.self, MemoryView.self, WhatIsView.self,
      ModulesView.self, ThreadsView.self, StringsView.self, HeapView.self,
    ])

  /// What ``ArgumentOrder`` looks for.
  static let viewNames = configuration.subcommands.compactMap { $0.configuration.commandName }
}
