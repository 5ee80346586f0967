import Bytes
import FuzzSupport
import Machine
import SystemCalls

/// Memory at any address: the input, over and over.
private struct RepeatedMemory: CallMemory, ProcessReader {
  let bytes: [UInt8]

  func read(_ address: UInt64, _ count: Int, _ moment: CallMoment) -> ArraySlice<UInt8> {
    guard !bytes.isEmpty, address >= 4096, count > 0 else { return [] }
    return bytes[Int(address % UInt64(bytes.count))...].prefix(count)
  }

  func append(_ process: Int32, _ address: UInt64, _ count: Int, to bytes: inout [UInt8]) -> Int {
    let found = read(address, count, .entry)
    bytes += found
    return found.count
  }
}

/// The input: architecture, number (two bytes), result, six arguments; the rest is memory. Copied as the tracer would, and
/// shown.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let bytes = unsafe view(start, count)
  let table: CallTable = (bytes.load(UInt8.self, at: 0) ?? 0) & 1 == 0 ? .x86_64 : .aarch64
  let number = Int(bytes.load(UInt16.self, at: 1) ?? 0) % 480
  let result = bytes.load(Int64.self, at: 3) ?? 0
  let arguments = InlineArray<6, UInt64> { bytes.load(UInt64.self, at: 11 + $0 * 8) ?? 0 }
  let memory = RepeatedMemory(bytes: bytes.suffix(from: min(59, bytes.count))?.array ?? [])
  let call = ObservedCall(
    number: number, arguments: arguments, outcome: CallOutcome(result: result, isError: result < 0))
  var copies: [UInt8] = []
  var pieces: [CapturedMemory.Piece] = []
  if let signature = table.signature(number) {
    let demand = MemoryDemand(table, limits: CallLimits(), reader: memory)
    demand.capture(call, signature, .entry, of: 1, into: &copies, &pieces)
    demand.capture(call, signature, .exit, of: 1, into: &copies, &pieces)
  }
  precondition(copies.count <= 262_144, "more copied than one call may take")
  var decoder = CallDecoder(call, of: table, memory: CapturedMemory(bytes: copies, pieces: pieces[...]))
  decoder.appendCall()
  decoder.appendResult()
  precondition(decoder.text.bytes.count < 200_000, "more shown than one call may take")
  return 0
}
