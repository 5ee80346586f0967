internal import Diagnosis
internal import Disassembly
internal import Machine

/// Says what the operands of an instruction were when it was reached.
struct OperandNote {
  private let architecture: Architecture
  private let addresses: AddressNames

  init(_ architecture: Architecture, _ addresses: AddressNames) {
    self.architecture = architecture
    self.addresses = addresses
  }

  /// "rax = 0x0; writes 4 bytes at 0x0 (not mapped: the first pages never are): this faulted"; nil where nothing is
  /// known.
  func text(_ analysis: FaultAnalysis, _ registers: RegisterSet) -> String? {
    guard let instruction = analysis.instruction else { return nil }
    var parts: [String] = []
    for (number, name) in architecture.registerNames.enumerated()
    where number < 64 && instruction.registersRead & (1 << UInt64(number)) != 0 {
      if let value = registers[number] { parts.append("\(name) = \(HexAddress(value).text)") }
    }
    var isTold = false
    for access in analysis.accesses {
      guard let address = access.address else { continue }
      let verb =
        switch access.access.direction {
        case .read: "reads"
        case .write: "writes"
        case .readWrite: "reads and writes"
        }
      let size = access.access.size.map { $0 == 1 ? "1 byte" : "\($0) bytes" } ?? "bytes"
      let isFaulting = analysis.faulting.map { $0.access == access.access && $0.address == address } ?? false
      let isFirst = isFaulting && !isTold
      if isFirst { isTold = true }
      let place = addresses.place(of: address)
      parts.append("\(verb) \(size) at \(HexAddress(address).text) (\(place))\(isFirst ? ": this faulted" : "")")
    }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}
