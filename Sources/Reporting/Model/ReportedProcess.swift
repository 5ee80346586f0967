/// The process that died.
package struct ReportedProcess: Codable, Sendable {
  package var pid: Int32?
  package var parentPID: Int32?
  /// The name of its main thread, cut by the kernel after 15 bytes.
  package var name: String?
  package var executable: String?
  package var arguments: [String]
  package var threadCount: Int

  package init(
    pid: Int32? = nil, parentPID: Int32? = nil, name: String? = nil, executable: String? = nil,
    arguments: [String] = [], threadCount: Int
  ) {
    self.pid = pid
    self.parentPID = parentPID
    self.name = name
    self.executable = executable
    self.arguments = arguments
    self.threadCount = threadCount
  }

  /// What to call it: the executable's last component, else the main thread's name, else "the process".
  package var title: String {
    let last = executable?.split(separator: "/").last.map(String.init)
    return last ?? name ?? "the process"
  }
}

/// The signal that ended the process (sigaction(2)).
package struct ReportedSignal: Codable, Sendable {
  package var number: Int32
  /// "SIGSEGV".
  package var name: String
  /// si_code, and its name: "SEGV_MAPERR".
  package var code: Int32?
  package var codeName: String?
  /// si_addr as the kernel gave it. See ``ReportedFault/address`` for what the instruction really used.
  package var faultAddress: HexAddress?
  package var senderPID: Int32?
  package var senderUID: UInt32?
  /// The number of the system call that SIGSYS is about.
  package var systemCall: Int32?

  package init(
    number: Int32, name: String, code: Int32? = nil, codeName: String? = nil, faultAddress: HexAddress? = nil,
    senderPID: Int32? = nil, senderUID: UInt32? = nil, systemCall: Int32? = nil
  ) {
    self.number = number
    self.name = name
    self.code = code
    self.codeName = codeName
    self.faultAddress = faultAddress
    self.senderPID = senderPID
    self.senderUID = senderUID
    self.systemCall = systemCall
  }
}

/// The access that the processor refused.
package struct ReportedFault: Codable, Sendable {
  /// "read", "write" or "execute".
  package var access: String?
  /// The address that was used, computed from the instruction where the kernel does not tell it.
  package var address: HexAddress?
  /// What lies there: "not mapped", "libc.so.6, read-only".
  package var region: String?
  /// The instruction that did it.
  package var instruction: String?

  package init(access: String? = nil, address: HexAddress? = nil, region: String? = nil, instruction: String? = nil) {
    self.access = access
    self.address = address
    self.region = region
    self.instruction = instruction
  }
}

/// A fault whose handler had not returned when the process died.
package struct ReportedEarlierFault: Codable, Sendable {
  package var signal: ReportedSignal
  package var fault: ReportedFault?
  /// Where it happened: "Unsafe_PutLong+292 in libjvm.so".
  package var place: String?

  package init(signal: ReportedSignal, fault: ReportedFault? = nil, place: String? = nil) {
    self.signal = signal
    self.fault = fault
    self.place = place
  }
}

/// A register of the crashed thread.
package struct ReportedRegister: Codable, Sendable {
  package var name: String
  package var value: HexAddress
  /// What it points to: "stack of thread 12", "libc.so.6 getenv+4".
  package var meaning: String?

  package init(name: String, value: HexAddress, meaning: String? = nil) {
    self.name = name
    self.value = value
    self.meaning = meaning
  }
}

/// An instruction near the crashed thread's instruction pointer.
package struct ReportedInstruction: Codable, Sendable {
  package var address: HexAddress
  /// Its bytes in hexadecimal, without spaces.
  package var bytes: String
  package var text: String
  /// Whether the instruction pointer stands here.
  package var isCurrent: Bool
  /// The function and offset, where a new function begins or at the first instruction.
  package var place: String?
  /// What the current instruction did: its registers' values, and where it read or wrote.
  package var note: String?

  package init(address: HexAddress, bytes: String, text: String, isCurrent: Bool = false, place: String? = nil) {
    self.address = address
    self.bytes = bytes
    self.text = text
    self.isCurrent = isCurrent
    self.place = place
  }
}
