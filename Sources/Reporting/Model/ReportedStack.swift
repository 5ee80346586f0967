/// A stack, and all threads that have it.
package struct ReportedStack: Codable, Sendable {
  package var threads: [ReportedThread]
  /// How many frames it has, folded and left out ones included.
  package var frameCount: Int
  /// Innermost first.
  package var elements: [ReportedStackElement]
  package var ending: ReportedEnding

  package init(
    threads: [ReportedThread], frameCount: Int, elements: [ReportedStackElement], ending: ReportedEnding
  ) {
    self.threads = threads
    self.frameCount = frameCount
    self.elements = elements
    self.ending = ending
  }
}

package struct ReportedThread: Codable, Sendable {
  package var tid: Int32
  package var name: String?
  /// What it waits for.
  package var wait: ReportedWait?

  package init(tid: Int32, name: String? = nil, wait: ReportedWait? = nil) {
    self.tid = tid
    self.name = name
    self.wait = wait
  }
}

/// A part of a stack. `kind` is "frame", "fold" or "omitted", and the field of that name is there.
package struct ReportedStackElement: Codable, Sendable {
  package var kind: String
  package var frame: ReportedFrame?
  package var fold: ReportedFold?
  package var omitted: ReportedOmission?

  package static func frame(_ frame: ReportedFrame) -> Self { Self(kind: "frame", frame: frame) }
  package static func fold(_ fold: ReportedFold) -> Self { Self(kind: "fold", fold: fold) }
  package static func omitted(_ omitted: ReportedOmission) -> Self { Self(kind: "omitted", omitted: omitted) }
}

/// One activation of a function.
package struct ReportedFrame: Codable, Sendable {
  /// 0 is the innermost; folded frames are counted.
  package var number: Int
  package var pc: HexAddress
  /// The function, demangled; of the machine code, not of calls inlined into it.
  package var function: String?
  /// From the function's first byte to `pc`.
  package var functionOffset: UInt64?
  /// The last component of the module's path, and `pc` as the linker states it there.
  package var module: String?
  package var moduleOffset: HexAddress?
  /// Where `pc` is in the source; within the innermost inlined call where there are any.
  package var file: String?
  package var line: UInt64?
  package var column: UInt64?
  /// Calls that the compiler replaced by the function's body, innermost first.
  package var inlined: [ReportedInlinedCall]?
  /// "context", "call-frame-information", "signal-frame", "frame-pointer", "link-register", "prologue", "scan".
  package var provenance: String
  package var isSignalTrampoline: Bool?
  package var cfa: HexAddress?
  package var stackPointer: HexAddress?
  /// Where this frame lies on another stack than the one before it: which.
  package var stackSwitch: String?
  /// Its registers, code and source, where they were asked for and it is one of those that are looked at first.
  package var detail: ReportedFrameDetail?

  package init(
    number: Int, pc: HexAddress, function: String? = nil, functionOffset: UInt64? = nil, module: String? = nil,
    moduleOffset: HexAddress? = nil, file: String? = nil, line: UInt64? = nil, column: UInt64? = nil,
    inlined: [ReportedInlinedCall]? = nil, provenance: String = "call-frame-information",
    isSignalTrampoline: Bool? = nil, cfa: HexAddress? = nil, stackPointer: HexAddress? = nil,
    stackSwitch: String? = nil
  ) {
    self.number = number
    self.pc = pc
    self.function = function
    self.functionOffset = functionOffset
    self.module = module
    self.moduleOffset = moduleOffset
    self.file = file
    self.line = line
    self.column = column
    self.inlined = inlined
    self.provenance = provenance
    self.isSignalTrampoline = isSignalTrampoline
    self.cfa = cfa
    self.stackPointer = stackPointer
    self.stackSwitch = stackSwitch
  }
}

/// A call that was inlined, and where its caller makes it.
package struct ReportedInlinedCall: Codable, Sendable {
  package var function: String
  package var callFile: String?
  package var callLine: UInt64?

  package init(function: String, callFile: String? = nil, callLine: UInt64? = nil) {
    self.function = function
    self.callFile = callFile
    self.callLine = callLine
  }
}

/// A run of frames that repeats.
package struct ReportedFold: Codable, Sendable {
  /// The frames of one turn, innermost first.
  package var cycle: [ReportedFrame]
  package var turns: Int
  package var frameCount: Int
  /// The stack that a turn takes on average, and that all take together.
  package var bytesPerTurn: Double?
  package var bytes: UInt64?

  package init(
    cycle: [ReportedFrame], turns: Int, frameCount: Int, bytesPerTurn: Double? = nil, bytes: UInt64? = nil
  ) {
    self.cycle = cycle
    self.turns = turns
    self.frameCount = frameCount
    self.bytesPerTurn = bytesPerTurn
    self.bytes = bytes
  }
}

/// Frames that were walked and counted, and not kept.
package struct ReportedOmission: Codable, Sendable {
  package var count: Int
  /// The functions that come most often among them.
  package var mostFrequent: [Function]

  package struct Function: Codable, Sendable {
    package var function: String
    package var count: Int

    package init(function: String, count: Int) {
      self.function = function
      self.count = count
    }
  }

  package init(count: Int, mostFrequent: [Function] = []) {
    self.count = count
    self.mostFrequent = mostFrequent
  }
}

/// Why the walk of a stack ended.
package struct ReportedEnding: Codable, Sendable {
  /// "outermost", "no-rule", "unreadable", "no-progress", "not-code" or "no-registers".
  package var kind: String
  package var address: HexAddress?

  package init(kind: String, address: HexAddress? = nil) {
    self.kind = kind
    self.address = address
  }
}
