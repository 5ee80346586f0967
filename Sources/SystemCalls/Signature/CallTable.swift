package import Machine

/// The system calls of an architecture, by number and by name.
package struct CallTable: Sendable {
  package let architecture: Architecture
  package let constants: ConstantTables
  /// By number; nil where the architecture has none.
  private let signatures: [CallSignature?]
  private let numbers: [String: Int]

  package static let x86_64 = CallTable(.x86_64)
  package static let aarch64 = CallTable(.aarch64)

  package static func of(_ architecture: Architecture) -> CallTable {
    architecture == .x86_64 ? x86_64 : aarch64
  }

  private init(_ architecture: Architecture) {
    self.architecture = architecture
    constants = .of(architecture)
    let text = architecture == .x86_64 ? CallNumbers.x86_64 : CallNumbers.aarch64
    var numbers: [String: Int] = [:]
    let words = Words.of(text, separatedBy: 0x20)
    for index in stride(from: 0, to: words.count - 1, by: 2) {
      guard let number = Words.decimal(words[index][...]) else { continue }
      numbers[String(decoding: words[index + 1], as: UTF8.self)] = number
    }
    let all = SignatureReader.signatures()
    var signatures = [CallSignature?](repeating: nil, count: (numbers.values.max() ?? 0) + 1)
    for (name, number) in numbers where signatures.indices.contains(number) {
      signatures[number] =
        all[name + "/" + architecture.rawValue] ?? all[name]
        ?? CallSignature(name: name, arguments: [], result: .number, section: .other)
    }
    self.signatures = signatures
    self.numbers = numbers
  }

  /// What is known of a call; nil for a number without a name.
  package func signature(_ number: Int) -> CallSignature? {
    signatures.indices.contains(number) ? signatures[number] : nil
  }

  /// The number of a call; nil where the architecture has none of that name.
  package func number(of name: String) -> Int? { numbers[name] }

  /// All calls, by number.
  package var all: [(number: Int, signature: CallSignature)] {
    signatures.indices.compactMap { number in signatures[number].map { (number, $0) } }
  }
}
