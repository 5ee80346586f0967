import ArgumentParser
import ModuleFiles

/// Where the files of the program that died are looked for.
struct FileOptions: ParsableArguments {
  @Option(
    name: .customLong("exe"),
    help: ArgumentHelp("The executable that ran, where it is no longer at its path.", valueName: "file"),
    completion: .file())
  var executable: String?

  @Option(
    name: .customLong("sysroot"),
    help: ArgumentHelp(
      "A folder that stands for the program's root: a container's root, a cross libc. May be repeated.",
      valueName: "folder"),
    completion: .directory)
  var systemRoots: [String] = []

  @Option(
    name: .customLong("debug-dir"),
    help: ArgumentHelp("A folder with separate debug files. May be repeated.", valueName: "folder"),
    completion: .directory)
  var debugDirectories: [String] = []

  @Flag(help: "Show progress even where standard error is no terminal.")
  var progress = false

  var searchPaths: SearchPaths {
    SearchPaths(executable: executable, systemRoots: systemRoots, debugDirectories: debugDirectories)
  }
}
