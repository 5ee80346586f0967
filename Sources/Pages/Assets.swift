/// The files of `Assets`, which the build puts into the executable.
enum Assets {
  /// The content of the page's style and script elements.
  static let style = PackageResources.page_css
  static let script = PackageResources.page_js

  /// All templates by name.
  ///
  /// - Throws: ``Template/Problem`` for a template that is wrong: never, as the tests read them all.
  static func templates() throws -> [String: Template] {
    try [
      "page": Template(PackageResources.page_mustache),
      "verdict": Template(PackageResources.verdict_mustache),
      "finding": Template(PackageResources.finding_mustache),
      "death": Template(PackageResources.death_mustache),
      "stack": Template(PackageResources.stack_mustache),
      "frame": Template(PackageResources.frame_mustache),
      "detail": Template(PackageResources.detail_mustache),
      "code": Template(PackageResources.code_mustache),
      "threads": Template(PackageResources.threads_mustache),
      "waits": Template(PackageResources.waits_mustache),
      "clues": Template(PackageResources.clues_mustache),
      "modules": Template(PackageResources.modules_mustache),
      "mappings": Template(PackageResources.mappings_mustache),
      "made": Template(PackageResources.made_mustache),
    ]
  }
}
