/// A core file as `inquest core --list` shows it.
package struct ListedCore: Encodable, Sendable {
  package let path: String
  package let size: UInt64
  /// Seconds since 1970.
  package let modified: Int64
  /// Why it was looked for there.
  package let place: String
  package let compression: String?

  package init(path: String, size: UInt64, modified: Int64, place: String, compression: String?) {
    self.path = path
    self.size = size
    self.modified = modified
    self.place = place
    self.compression = compression
  }
}

/// Core files, one a line, newest first.
package enum CoreListText {
  package static func write(_ cores: [ListedCore], to output: ByteOutput, _ options: TextOptions) {
    let page = TextPage(output, options)
    for core in cores {
      page.put(escaping: time(core.modified))
      let size = Quantities.bytes(core.size)
      page.spaces(12 - size.utf8.count)
      page.put(escaping: size)
      page.put("  ")
      page.put(escaping: core.path)
      page.with(.faint) {
        page.put("  (")
        page.put(escaping: core.place + (core.compression.map { ", \($0)" } ?? ""))
        page.put(")")
      }
      page.endLine()
    }
    output.flush()
  }

  /// "2026-11-21 01:23:45 UTC" (the days of the proleptic Gregorian calendar, counted in eras of 400 years).
  static func time(_ seconds: Int64) -> String {
    var days = seconds / 86_400
    var rest = seconds % 86_400
    if rest < 0 {
      rest += 86_400
      days -= 1
    }
    // Years that begin in March put the leap day at their end.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let day = shifted - era * 146_097
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
    let dayOfYear = day - (365 * year + year / 4 - year / 100)
    let month = (5 * dayOfYear + 2) / 153
    let date = (
      year + era * 400 + (month >= 10 ? 1 : 0), month < 10 ? month + 3 : month - 9,
      dayOfYear - (153 * month + 2) / 5 + 1
    )
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(date.0)-\(two(date.1))-\(two(date.2)) \(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60)) UTC"
  }
}
