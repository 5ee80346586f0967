internal import Machine

/// Copies from a thread that stands still what a ``CallDecoder`` will want to read, so that the thread can go on before
/// a single character is written.
///
/// What to copy follows from the arguments' kinds; lists of addresses are followed one step. All of it is bounded: by the
/// limits, and by what one call may take in all.
package struct MemoryDemand<Reader: ProcessReader>: ~Copyable {
  private let table: CallTable
  private let limits: CallLimits
  private let reader: Reader
  /// Bytes that one call may take at one moment.
  private static var most: Int { 131_072 }

  package init(_ table: CallTable, limits: CallLimits, reader: Reader) {
    self.table = table
    self.limits = limits
    self.reader = reader
  }

  /// Copies what a call shows at a moment.
  ///
  /// - Parameters:
  ///   - process: whose memory it is.
  ///   - bytes, pieces: what is appended to; offsets count from the start of `bytes`.
  package func capture(
    _ call: ObservedCall, _ signature: CallSignature, _ moment: CallMoment, of process: Int32,
    into bytes: inout [UInt8],
    _ pieces: inout [CapturedMemory.Piece]
  ) {
    var copying = Copying(
      reader: reader, process: process, moment: moment, limits: limits, isAArch64: table.architecture == .aarch64,
      left: Self.most)
    for (index, argument) in signature.arguments.enumerated() where argument.kind.refersToMemory {
      let isWanted =
        moment == .entry ? argument.direction != .output : argument.direction != .input || argument.kind.readsLate
      let address = call.argument(index)
      guard isWanted, address != 0 else { continue }
      copying.copy(argument, address, call, &bytes, &pieces)
    }
  }
}

/// Reads another process's memory.
package protocol ProcessReader {
  /// Copies up to `count` bytes at `address` of `process` to the end of `bytes`; returns how many there were without a
  /// gap, 0 where none can be read.
  func append(_ process: Int32, _ address: UInt64, _ count: Int, to bytes: inout [UInt8]) -> Int
}

extension ArgumentKind {
  /// Whether what it refers to may have been written by the kernel, which depends on another argument.
  var readsLate: Bool {
    switch self {
    case .fcntlArgument, .prctlArgument, .ioctlArgument: true
    default: false
    }
  }
}

/// One call's copying at one moment.
private struct Copying<Reader: ProcessReader> {
  let reader: Reader
  let process: Int32
  let moment: CallMoment
  let limits: CallLimits
  let isAArch64: Bool
  var left: Int

  mutating func copy(
    _ argument: Argument, _ address: UInt64, _ call: ObservedCall, _ bytes: inout [UInt8],
    _ pieces: inout [CapturedMemory.Piece]
  ) {
    let result = UInt64(clamping: call.value ?? 0)
    let shown = UInt64(limits.text)
    switch argument.kind {
    case .path: text(address, CallLimits.path, &bytes, &pieces)
    case .text: text(address, limits.text, &bytes, &pieces)
    case .bytes(let length):
      let asked = call.argument(length)
      take(address, min(moment == .exit ? min(result, asked) : asked, shown), &bytes, &pieces)
    case .structure(.string): take(address, min(result, UInt64(CallLimits.path)), &bytes, &pieces)
    case .structure(.msghdr): message(address, result, &bytes, &pieces)
    case .structure(let structure):
      let size = isAArch64 && structure == .stat ? 128 : !isAArch64 && structure == .epollEvent ? 12 : structure.size
      take(address, UInt64(size), &bytes, &pieces)
    case .vectors(let count):
      // The list itself is looked up as it was at the entry.
      vectors(address, call.argument(count), result, &bytes, &pieces)
    case .polls(let count): take(address, elements(call.argument(count) & 0xffff_ffff, 8), &bytes, &pieces)
    case .events: take(address, elements(result, isAArch64 ? 16 : 12), &bytes, &pieces)
    case .identifiers: if call.argument(0) != 0 { take(address, elements(result, 4), &bytes, &pieces) }
    case .entries: take(address, min(result, 32768), &bytes, &pieces)
    case .socketAddress(let length, let isPointer), .option(let length, let isPointer):
      var size = call.argument(length) & 0xffff_ffff
      if isPointer { size = number(call.argument(length), &bytes, &pieces) ?? 0 }
      take(address, min(size, max(128, shown)), &bytes, &pieces)
    case .descriptorSet(let count):
      take(address, (min(call.argument(count) & 0xffff_ffff, 1024) + 63) / 64 * 8, &bytes, &pieces)
    case .processorMask(let length):
      take(
        address, min(128, moment == .exit ? min(call.argument(length), result) : call.argument(length)), &bytes, &pieces
      )
    case .strings: strings(address, &bytes, &pieces)
    case .environment: take(address, 8192, &bytes, &pieces)
    case .cloneArguments(let size): take(address, min(call.argument(size), 88), &bytes, &pieces)
    case .futexTimeout: if FutexOperation.takesTime(call.argument(1)) { take(address, 16, &bytes, &pieces) }
    case .fcntlArgument: if [5, 6, 7, 36, 37, 38].contains(call.argument(1)) { take(address, 32, &bytes, &pieces) }
    case .prctlArgument: if call.argument(0) == (moment == .entry ? 15 : 16) { take(address, 16, &bytes, &pieces) }
    case .ioctlArgument:
      if [0x5413, 0x5414, 0x541b, 0x540f, 0x5421, 0x5410].contains(call.argument(1) & 0xffff_ffff) {
        take(address, 8, &bytes, &pieces)
      }
    default: break
    }
  }

  private func elements(_ count: UInt64, _ size: UInt64) -> UInt64 { min(count, UInt64(limits.elements)) * size }

  /// Copies bytes; returns where they lie.
  @discardableResult
  private mutating func take(
    _ address: UInt64, _ count: UInt64, _ bytes: inout [UInt8], _ pieces: inout [CapturedMemory.Piece]
  ) -> Range<Int> {
    let wanted = min(Int(clamping: count), left)
    let start = bytes.count
    guard address != 0, wanted > 0 else { return start..<start }
    let got = reader.append(process, address, wanted, to: &bytes)
    guard got > 0 else { return start..<start }
    left -= got
    pieces.append(.init(address: address, offset: start, count: got, moment: moment))
    return start..<start + got
  }

  /// Copies a text, and little beyond its end: most are short.
  private mutating func text(
    _ address: UInt64, _ limit: Int, _ bytes: inout [UInt8], _ pieces: inout [CapturedMemory.Piece]
  ) {
    let start = bytes.count
    let wanted = min(limit + 1, left)
    var count = 0
    var step = 160
    while count < wanted {
      let (next, isOver) = address.addingReportingOverflow(UInt64(count))
      guard !isOver else { break }
      // Up to a page's end: the next page may not be there.
      let toEnd = 4096 - Int(next % 4096)
      let size = min(step, wanted - count, toEnd)
      let got = reader.append(process, next, size, to: &bytes)
      let hasEnd = bytes[(start + count)...].contains(0)
      count += got
      if got < size || hasEnd { break }
      step = 4096
    }
    guard count > 0 else { return }
    left -= count
    pieces.append(.init(address: address, offset: start, count: count, moment: moment))
  }

  /// A 32-bit number.
  private mutating func number(
    _ address: UInt64, _ bytes: inout [UInt8], _ pieces: inout [CapturedMemory.Piece]
  ) -> UInt64? {
    let range = take(address, 4, &bytes, &pieces)
    return range.count == 4 ? UInt64(Fields(bytes: bytes[range]).u32(0)) : nil
  }

  private mutating func vectors(
    _ address: UInt64, _ count: UInt64, _ result: UInt64, _ bytes: inout [UInt8],
    _ pieces: inout [CapturedMemory.Piece]
  ) {
    let range = take(address, elements(count, 16), &bytes, &pieces)
    if moment == .exit, !range.isEmpty {
      // The decoder looks for the list where the entry's copies are.
      pieces.append(.init(address: address, offset: range.lowerBound, count: range.count, moment: .entry))
    }
    var rest = moment == .exit ? result : .max
    for index in 0..<range.count / 16 {
      let fields = Fields(bytes: bytes[range])
      let length = min(fields.u64(index * 16 + 8), rest)
      rest -= length
      take(fields.u64(index * 16), min(length, UInt64(limits.text)), &bytes, &pieces)
    }
  }

  private mutating func strings(
    _ address: UInt64, _ bytes: inout [UInt8], _ pieces: inout [CapturedMemory.Piece]
  ) {
    let range = take(address, UInt64(limits.elements * 8 + 8), &bytes, &pieces)
    for index in 0..<range.count / 8 {
      let pointer = Fields(bytes: bytes[range]).u64(index * 8)
      guard pointer != 0 else { break }
      text(pointer, limits.text, &bytes, &pieces)
    }
  }

  private mutating func message(
    _ address: UInt64, _ result: UInt64, _ bytes: inout [UInt8], _ pieces: inout [CapturedMemory.Piece]
  ) {
    let range = take(address, 56, &bytes, &pieces)
    guard range.count == 56 else { return }
    let fields = Fields(bytes: Array(bytes[range])[...])
    take(fields.u64(0), min(UInt64(fields.u32(8)), 128), &bytes, &pieces)
    vectors(fields.u64(16), fields.u64(24), result, &bytes, &pieces)
  }
}
