import ArgumentParser
import ModuleFiles

/// Where the files of the program that died are looked for.
struct FileOptions: ParsableArguments {
  @Option(
    name: .customLong("exe"), help: "The executable that ran, where it is no longer at its path.", completion: .file())
  var executable: String?

  @Option(
    name: .customLong("sysroot"),
    help: "A folder that stands for the program's root: a container's root, a cross libc. May be repeated.",
    completion: .directory)
  var systemRoots: [String] = []

  @Option(
    name: .customLong("debug-dir"), help: "A folder with separate debug files. May be repeated.",
    completion: .directory)
  var debugDirectories: [String] = []

  @Flag(help: "Show progress even where standard error is no terminal.")
  var progress = false

  var searchPaths: SearchPaths {
    SearchPaths(executable: executable, systemRoots: systemRoots, debugDirectories: debugDirectories)
  }
}
