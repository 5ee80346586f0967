import ArgumentParser

/// What `inquest` ends with. Each is documented in its help, its man page and `docs/exit-status.md`.
enum ExitStatus {
  /// A verdict was found; a view was printed; nothing keeps core files from being written.
  static let success = ExitCode(0)
  /// The core was read and nothing was recognised; something keeps core files from being written.
  static let noVerdict = ExitCode(1)
  /// The core cannot be read, or a file not be written.
  static let unreadable = ExitCode(2)
  /// No core, no such thread, frame, symbol, memory, or string.
  static let notFound = ExitCode(3)
  // A wrong usage is 64 (EX_USAGE of sysexits.h), which the argument parser gives.

  static let discussion = """
    EXIT STATUS
      0   a verdict was found, or what was asked for was printed
      1   the core was read and nothing recognised; `doctor`: something is wrong; `diff`: not the same crash;
          `pack`: the bundle does not give the same report
      2   the core cannot be read; the page or the bundle cannot be written;
          `diff`: it cannot be told
      3   there is no core, or no such thread, frame, symbol, memory or string
      64  wrong usage
    """
}
