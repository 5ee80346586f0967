import Testing

@testable import Reporting

struct ReportedStopTests {
  @Test(
    arguments: [
      (0.0, 1, "for 0.00 ms"), (0.049, 1, "for 0.05 ms"), (0.42, 1, "for 0.42 ms"), (3.14, 1, "for 3.1 ms"),
      (26.46, 2, "for 26.5 ms, in 2 stops"), (335.4, 1, "for 335 ms"), (-1, 1, "for 0.00 ms"),
      (1e300, 1, "for 1000000000 ms"),
    ] as [(Double, Int, String)])
  func saysHowLong(_ milliseconds: Double, _ times: Int, _ text: String) {
    #expect(ReportedStop(pid: 1, milliseconds: milliseconds, times: times).text == text)
  }
}
