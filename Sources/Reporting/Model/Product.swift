/// Facts about this program itself.
package enum Product {
  /// As `inquest --version` prints it and reports carry it.
  package static let version = "0.1.0"
}
