import Machine

@testable import SystemCalls

/// Memory that a test fills; the same at both moments. Nothing else can be read.
struct FakeMemory: CallMemory, ProcessReader {
  var runs: [(address: UInt64, bytes: [UInt8])] = []

  mutating func put(_ bytes: [UInt8], at address: UInt64) { runs.append((address, bytes)) }
  mutating func put(_ text: String, at address: UInt64) { put(Array(text.utf8) + [0], at: address) }

  func read(_ address: UInt64, _ count: Int, _ moment: CallMoment) -> ArraySlice<UInt8> {
    for run in runs where address >= run.address && address - run.address < UInt64(run.bytes.count) {
      return run.bytes[Int(address - run.address)...].prefix(count)
    }
    return []
  }

  func append(_ process: Int32, _ address: UInt64, _ count: Int, to bytes: inout [UInt8]) -> Int {
    let found = read(address, count, .entry)
    bytes += found
    return found.count
  }
}

/// Little-endian words, one behind the other.
func words(_ values: UInt64...) -> [UInt8] {
  values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
}

/// Four-byte words.
func halves(_ values: UInt32...) -> [UInt8] {
  values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
}

func negative(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) }

/// A call as text.
func decoded(
  _ name: String, _ arguments: [UInt64], _ outcome: CallOutcome, _ memory: FakeMemory = FakeMemory(),
  on table: CallTable = .x86_64, limits: CallLimits = CallLimits()
) -> String {
  var six = InlineArray<6, UInt64>(repeating: 0)
  for (index, value) in arguments.prefix(6).enumerated() { six[index] = value }
  let call = ObservedCall(number: table.number(of: name) ?? -1, arguments: six, outcome: outcome)
  // Through the copy that the tracer makes, so that what is copied is what is shown.
  var bytes: [UInt8] = []
  var pieces: [CapturedMemory.Piece] = []
  if let signature = table.signature(call.number) {
    let demand = MemoryDemand(table, limits: limits, reader: memory)
    demand.capture(
      ObservedCall(number: call.number, arguments: six, outcome: .unfinished), signature, .entry, of: 1, into: &bytes,
      &pieces)
    if call.value != nil { demand.capture(call, signature, .exit, of: 1, into: &bytes, &pieces) }
  }
  var decoder = CallDecoder(call, of: table, memory: CapturedMemory(bytes: bytes, pieces: pieces[...]), limits: limits)
  decoder.appendCall()
  decoder.text.append(" ")
  decoder.appendResult()
  return String(decoding: decoder.text.bytes, as: UTF8.self)
}
