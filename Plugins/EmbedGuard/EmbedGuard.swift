import Foundation
import PackagePlugin

/// Compiles `Guard/` for this host with the toolchain's own clang, and makes a Swift source of it: the library that is
/// preloaded is part of the executable, which stays one file wherever it is copied to.
@main
struct EmbedGuard: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = context.package.directoryURL.appending(path: "Guard")
    let product = context.pluginWorkDirectoryURL.appending(path: "EmbeddedGuard.swift")
    let inputs = try FileManager.default.subpathsOfDirectory(atPath: folder.path).map { folder.appending(path: $0) }
    let compiler = try context.tool(named: "clang").url
    return [
      .buildCommand(
        displayName: "Compiling the guard", executable: URL(filePath: "/bin/sh"),
        arguments: [folder.appending(path: "embed").path, compiler.path, product.path],
        inputFiles: inputs.sorted { $0.path < $1.path }, outputFiles: [product])
    ]
  }
}
