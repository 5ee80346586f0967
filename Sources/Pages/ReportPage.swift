package import Reporting

/// Writes a report as one HTML page, complete in itself: no network, no fonts, nothing that is fetched.
///
/// It can be read without its script, which only filters, moves by keys and changes the colours.
package enum ReportPage {
  /// Writes all of `report`.
  package static func write(_ report: Report, to output: ByteOutput) throws {
    let rendering = Rendering(try Assets.templates(), output)
    rendering.write("page", PageContent(report).value)
    output.flush()
  }
}
