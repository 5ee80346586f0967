internal import CLinux
package import ModuleFiles

/// Where the files of a process lie, as seen from here.
package enum ProcessFiles {
  /// What finds the files of a process: below its own root, where that is not ours, and those that it has mapped.
  ///
  /// - Parameter search: what the user said; roots that were named take the place of the process's own.
  package static func finder(of process: Int32, _ search: SearchPaths = SearchPaths()) -> FileFinder {
    var search = search
    search.mappedFiles = "/proc/\(process)/map_files"
    if search.systemRoots.isEmpty, !hasOurRoot(process) { search.systemRoots = ["/proc/\(process)/root"] }
    return FileFinder(search, workingFolders: ProcFile.link("/proc/\(process)/cwd").map { [$0] } ?? [])
  }

  /// Whether a path means the same file to the process as to us: the same root folder, of the same mount namespace.
  package static func hasOurRoot(_ process: Int32) -> Bool {
    var (its, ours) = (inquest_file_status(), inquest_file_status())
    guard unsafe inquest_status("/proc/\(process)/root/.", &its) == 0, unsafe inquest_status("/", &ours) == 0,
      let space = ProcFile.link("/proc/\(process)/ns/mnt")
    else { return true }
    return its.device == ours.device && its.inode == ours.inode && space == ProcFile.link("/proc/self/ns/mnt")
  }
}
