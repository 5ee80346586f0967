internal import CLinux
internal import SystemCalls

/// Reads a traced process's memory by process_vm_readv.
struct MemoryReader: ProcessReader {
  func append(_ process: Int32, _ address: UInt64, _ count: Int, to bytes: inout [UInt8]) -> Int {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: count))
    var range = inquest_range(start: address, size: UInt64(count))
    let copied = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe inquest_copy_memory(process, buffer.baseAddress.map { unsafe $0 + start }, &range, 1)
    }
    let got = max(0, min(Int(copied), count))
    if got < count { bytes.removeLast(count - got) }
    return got
  }
}
