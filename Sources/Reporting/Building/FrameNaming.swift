internal import Machine
internal import Symbolication
internal import Targets
internal import Unwinding

/// Turns frames into reports' frames, with the names of all of them looked up in one batch.
final class FrameNaming {
  private let target: any Target
  private let style: SymbolName.Style
  private let resolve: ([UInt64]) -> [Resolution]
  private var resolutions: [UInt64: Resolution] = [:]
  /// Demangled names by the address of their symbol: many frames share a function.
  private var names: [UInt64: String] = [:]
  private let moduleNames: [String]

  init(target: any Target, style: SymbolName.Style, resolve: @escaping ([UInt64]) -> [Resolution]) {
    self.target = target
    self.style = style
    self.resolve = resolve
    moduleNames = target.modules.map(\.name)
  }

  /// Looks up the names of all frames of `walks`.
  func prepare(_ walks: some Sequence<StackWalk>) {
    var wanted: Set<UInt64> = []
    for walk in walks {
      for element in walk.elements {
        switch element {
        case .frame(let frame): wanted.insert(frame.lookupAddress)
        case .fold(let fold): for frame in fold.cycle { wanted.insert(frame.lookupAddress) }
        case .omitted(let omitted): for function in omitted.mostFrequent { wanted.insert(function.samplePC) }
        }
      }
    }
    let addresses = wanted.filter { resolutions[$0] == nil }.sorted()
    for (address, resolution) in zip(addresses, resolve(addresses)) { resolutions[address] = resolution }
  }

  /// The parts of a stack, with names.
  func elements(of walk: StackWalk) -> [ReportedStackElement] {
    var region: Mapping?
    return walk.elements.map { element in
      switch element {
      case .frame(let frame): .frame(report(frame, &region))
      case .fold(let fold): .fold(report(fold, &region))
      case .omitted(let omitted): .omitted(report(omitted))
      }
    }
  }

  private func report(_ fold: RecursionFold, _ region: inout Mapping?) -> ReportedFold {
    let cycle = fold.cycle.map { report($0, &region) }
    region = target.mapping(containing: fold.outermostCFA &- 1)
    return ReportedFold(
      cycle: cycle, turns: fold.turns,
      frameCount: fold.cycle.count.multipliedReportingOverflow(by: fold.turns).partialValue,
      bytesPerTurn: fold.bytesPerTurn,
      bytes: fold.outermostCFA > fold.innermostCFA ? fold.outermostCFA - fold.innermostCFA : nil)
  }

  private func report(_ omitted: OmittedFrames) -> ReportedOmission {
    ReportedOmission(
      count: omitted.count,
      mostFrequent: omitted.mostFrequent.map { function in
        let name = resolutions[function.samplePC].flatMap(self.name)
        return .init(function: name ?? HexAddress(function.functionStart).text, count: function.count)
      })
  }

  private func report(_ frame: Frame, _ region: inout Mapping?) -> ReportedFrame {
    let resolution = resolutions[frame.lookupAddress] ?? .none
    let module = resolution.module ?? target.moduleIndex(containing: frame.lookupAddress)
    var result = ReportedFrame(
      number: frame.number, pc: HexAddress(frame.pc), provenance: Self.name(of: frame.provenance),
      isSignalTrampoline: frame.isSignalTrampoline ? true : nil, cfa: frame.cfa == 0 ? nil : HexAddress(frame.cfa),
      stackPointer: HexAddress(frame.stackPointer), stackSwitch: stackSwitch(frame, &region))
    result.function = name(resolution)
    if let symbol = resolution.symbol { result.functionOffset = frame.pc &- symbol.address }
    if let module, moduleNames.indices.contains(module) {
      result.module = moduleNames[module]
      result.moduleOffset = HexAddress(frame.pc &- target.modules[module].bias)
    }
    if let location = resolution.location {
      result.file = location.path
      result.line = location.line == 0 ? nil : location.line
      result.column = location.column == 0 ? nil : location.column
    }
    if !resolution.inlined.isEmpty {
      result.inlined = resolution.inlined.map {
        ReportedInlinedCall(function: $0.name.text(style), callFile: $0.callSite?.path, callLine: $0.callSite?.line)
      }
    }
    return result
  }

  /// The mapping that a frame's stack lies in, named where it is not the one of the frame before.
  private func stackSwitch(_ frame: Frame, _ region: inout Mapping?) -> String? {
    if let region, region.contains(frame.stackPointer) { return nil }
    let previous = region
    guard let mapping = target.mapping(containing: frame.stackPointer) else { return nil }
    region = mapping
    // The innermost frame may stand in a guard, or below its stack altogether: that is no switch.
    guard let previous, previous.use != .guardPage, mapping.use != .guardPage else { return nil }
    // A change of protection splits a mapping: what touches is one stack.
    guard mapping.start != previous.end, mapping.end != previous.start else { return nil }
    let size = Quantities.bytes(mapping.size)
    return "\(MappingsText.use(ReportedMapping(mapping))), \(size) at \(HexAddress(mapping.start).text)"
  }

  private func name(_ resolution: Resolution) -> String? {
    guard let symbol = resolution.symbol else { return nil }
    if let name = names[symbol.address] { return name }
    let name = symbol.name.text(style)
    names[symbol.address] = name
    return name
  }

  /// The name in reports; it never changes.
  static func name(of provenance: Provenance) -> String {
    switch provenance {
    case .context: "context"
    case .callFrameInformation: "call-frame-information"
    case .signalFrame: "signal-frame"
    case .framePointer: "frame-pointer"
    case .linkRegister: "link-register"
    case .prologue: "prologue"
    case .scan: "scan"
    }
  }
}

extension ReportedEnding {
  init(_ ending: StackWalk.Ending) {
    switch ending {
    case .outermost: self.init(kind: "outermost")
    case .noRule(let pc): self.init(kind: "no-rule", address: HexAddress(pc))
    case .unreadable(let address): self.init(kind: "unreadable", address: HexAddress(address))
    case .noProgress(let cfa): self.init(kind: "no-progress", address: HexAddress(cfa))
    case .notCode(let pc): self.init(kind: "not-code", address: HexAddress(pc))
    case .noRegisters: self.init(kind: "no-registers")
    }
  }
}
