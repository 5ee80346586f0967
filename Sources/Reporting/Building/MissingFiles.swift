/// What a report lacks because files of modules were not found, from the report itself.
enum MissingFiles {
  /// One for each module that frames of the crashed thread lie in and whose file or debug information is missing,
  /// and one for all stacks that could not be walked to their end.
  static func shortfalls(_ report: Report) -> [ReportedShortfall] {
    modules(report) + unfinishedStacks(report)
  }

  private static func modules(_ report: Report) -> [ReportedShortfall] {
    let stack = report.stacks.first { $0.threads.contains { $0.tid == report.crashedThread } }
    var named: [String: (frames: Int, withoutLine: Int)] = [:]
    for element in stack?.elements ?? [] {
      for frame in element.frame.map({ [$0] }) ?? element.fold?.cycle ?? [] {
        guard let module = frame.module else { continue }
        named[module, default: (0, 0)].frames += 1
        if frame.file == nil { named[module, default: (0, 0)].withoutLine += 1 }
      }
    }
    return report.modules.compactMap { module in
      guard let use = named[StackText.lastComponent(module.path)], module.path != "[vdso]" else { return nil }
      // What the target said of this module already is not said again.
      if report.shortfalls.contains(where: { $0.what.contains(StackText.lastComponent(module.path)) }) { return nil }
      let frames = Quantities.count(use.frames, "frame") + " of \(whose(report))"
      guard module.file != nil else {
        let id = module.buildID.map { " (build-id \($0))" } ?? ""
        return ReportedShortfall(
          what: "the file of \(module.path)\(id) was not found",
          cost: "\(frames) may lack names and lines; give its root with --sysroot, or its debug file with --debug-dir")
      }
      guard module.debugFile == nil, use.withoutLine == use.frames else { return nil }
      return ReportedShortfall(
        what: "there is no debug information for \(module.path)",
        cost: "no lines for \(frames); install its debug package, or name its folder with --debug-dir")
    }
  }

  /// "the crashed thread", where one crashed.
  private static func whose(_ report: Report) -> String {
    guard report.signal == nil, let thread = report.crashedThread else { return "the crashed thread" }
    return "thread \(thread)"
  }

  private static func unfinishedStacks(_ report: Report) -> [ReportedShortfall] {
    let unfinished = report.stacks.filter { $0.ending.kind != "outermost" }
    let count = unfinished.reduce(0) { $0 + $1.threads.count }
    guard count > 0 else { return [] }
    let reasons = Set(unfinished.map(\.ending.kind)).sorted().joined(separator: ", ")
    return [
      ReportedShortfall(
        what: "\(Quantities.count(count, "stack")) could not be walked to the outermost frame (\(reasons))",
        cost: "callers further out are not shown")
    ]
  }
}
