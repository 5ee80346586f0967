internal import CLinux

/// A program that the tracer started.
package struct StartedProgram {
  package let process: Int32
  private let failureDescriptor: Int32

  init(process: Int32, failureDescriptor: Int32) {
    self.process = process
    self.failureDescriptor = failureDescriptor
  }

  /// The errno of chdir, seccomp or execvpe, once the process has ended with status 127 and never executed anything; nil
  /// where none was told.
  package func failure() -> Int32? {
    let errno = inquest_start_failure(failureDescriptor)
    return errno > 0 ? errno : nil
  }

  /// To be called when the program has executed or ended.
  package func close() { inquest_close(failureDescriptor) }
}
