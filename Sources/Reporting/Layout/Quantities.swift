/// Numbers as people read them.
package enum Quantities {
  /// A number of bytes: "640 bytes", "1 MiB", "7.9 MiB".
  package static func bytes(_ count: UInt64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    guard count >= 1024 else { return count == 1 ? "1 byte" : "\(count) bytes" }
    let exponent = min((63 - count.leadingZeroBitCount) / 10, units.count)
    let unit = UInt64(1) << UInt64(10 * exponent)
    let whole = count / unit
    // At most 10 x 2^60: no overflow.
    let tenths = (count % unit) * 10 / unit
    let name = units[exponent - 1]
    return count % unit == 0 || whole >= 100 ? "\(whole) \(name)" : "\(whole).\(tenths) \(name)"
  }

  /// A number with its thousands apart: "523,700".
  package static func grouped(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var result = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result += "," }
      result.append(digit)
    }
    return result
  }

  /// "1 frame", "2 frames", "523,700 frames".
  package static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
    "\(grouped(number)) \(number == 1 ? one : many ?? one + "s")"
  }
}
