/// How a process that goes on was stopped to be looked at.
package struct ReportedStop: Codable, Sendable {
  /// Its id where it was looked at from; `process.pid` is the one that it has for itself, in a container another one.
  package var pid: Int32
  /// From the first thread that was stopped to the last that went on, of all times together, in milliseconds.
  package var milliseconds: Double
  /// How often it was stopped: a second time where a verdict was to be confirmed.
  package var times: Int
  /// How many threads could not be stopped, as they sleep in the kernel.
  package var unstoppedThreads: Int
  /// What the process was doing when it was found: "sleeping", "running", "stopped".
  package var state: String?

  package init(pid: Int32, milliseconds: Double, times: Int = 1, unstoppedThreads: Int = 0, state: String? = nil) {
    self.pid = pid
    self.milliseconds = milliseconds
    self.times = times
    self.unstoppedThreads = unstoppedThreads
    self.state = state
  }
}

extension ReportedStop {
  /// "for 3.1 ms", "for 0.42 ms, in 2 stops".
  package var text: String {
    let digits = milliseconds < 1 ? 100.0 : milliseconds < 100 ? 10.0 : 1.0
    let scaled = Int((min(max(milliseconds, 0), 1e9) * digits).rounded())
    let whole = scaled / Int(digits)
    let rest = scaled % Int(digits)
    let part = digits == 1 ? "" : "." + (digits == 100 && rest < 10 ? "0" : "") + "\(rest)"
    return "for \(whole)\(part) ms" + (times > 1 ? ", in \(times) stops" : "")
  }
}
