import Machine
import TestSupport
import Testing
import Unwinding

@Suite("A walk")
struct WalkTests {
  static let low: UInt64 = 0x10_0000
  static let high: UInt64 = 0x20_0000
  /// CFA = SP + 8: no frame but the return address.
  static let plain: [UInt8] = []
  /// CFA = RBP + 16, as behind `push %rbp; mov %rsp, %rbp`.
  static let framed = CFA.defCFA(6, 16) + CFA.offset(6, 2)
  /// The CFA is the word at SP, whatever that is.
  static let anywhere = CFA.defCFAExpression([0x77, 0x00, 0x06])
  static let outermost = CFA.undefined(16)

  func pc(_ index: Int, _ offset: UInt64 = 0x40) -> UInt64 { HandMadeTarget.pc(index, offset) }

  @Test("ends where call frame information says so, and where the return address is zero", arguments: [false, true])
  func outermost(_ isZero: Bool) {
    let target = HandMadeTarget(
      functions: [Self.plain, Self.outermost], regions: [Self.low: [pc(0, 8), isZero ? 0 : pc(1), 77, 77]])
    let walk = target.walk([16: pc(0), 7: Self.low])
    #expect(walk.ending == .outermost)
    #expect(walk.frames.map(\.pc) == [pc(0), pc(0, 8)] + (isZero ? [] : [pc(1)]))
    #expect(walk.frames.map(\.isExact) == walk.frames.map { $0.number == 0 })
    #expect(walk.frames[0].cfa == Self.low + 8)
  }

  @Test("says which memory it lacked")
  func unreadable() {
    let target = HandMadeTarget(functions: [CFA.defCFAOffset(32)], regions: [Self.low: [1, 2]])
    let walk = target.walk([16: pc(0), 7: Self.low])
    #expect(walk.ending == .unreadable(address: Self.low + 24))
    #expect(walk.frameCount == 1)
  }

  @Test("says which return address is no code")
  func notCode() {
    let target = HandMadeTarget(functions: [Self.plain], regions: [Self.low: [0x5555_5555, 2]])
    let walk = target.walk([16: pc(0), 7: Self.low])
    #expect(walk.ending == .notCode(pc: 0x5555_5555))
    #expect(walk.frameCount == 1)
  }

  @Test("without registers has no frames", arguments: [[:], [16: 0x40_0000], [7: 0x10_0000]] as [[Int: UInt64]])
  func noRegisters(_ registers: [Int: UInt64]) {
    let walk = HandMadeTarget(functions: [Self.plain], regions: [:]).walk(registers)
    #expect(walk.ending == .noRegisters)
    #expect(walk.frameCount == 0)
  }

  @Test("looks a return address up by the call before it")
  func returnAddress() {
    // The call is the last instruction of function 0; the return address is the first of function 1, whose rule
    // would lead elsewhere.
    let target = HandMadeTarget(
      functions: [Self.plain, CFA.defCFAOffset(64), Self.outermost], regions: [Self.low: [pc(1, 0), pc(2), 77]])
    let walk = target.walk([16: pc(0), 7: Self.low])
    #expect(walk.frames.map(\.pc) == [pc(0), pc(1, 0), pc(2)])
    #expect(walk.frames[1].functionStart == pc(0, 0))
    #expect(walk.ending == .outermost)
  }

  @Test(
    "follows call frame information to another stack, above or below, in the same memory or not",
    arguments: [
      (low, high), (high, low), (low + 0x40, low), (low, low + 0x40),
    ])
  func switches(_ from: UInt64, _ to: UInt64) {
    var words = [UInt64: [UInt64]]()
    words[Self.low] = [UInt64](repeating: 0, count: 32)
    words[Self.high] = [UInt64](repeating: 0, count: 32)
    func put(_ address: UInt64, _ value: UInt64) {
      let region = address >= Self.high ? Self.high : Self.low
      words[region]?[Int(address - region) / 8] = value
    }
    // Function 0 returns to function 1, whose CFA is on the other stack; from there to function 2.
    put(from, pc(1))
    put(from + 8, to + 16)
    put(to + 8, pc(2))
    let target = HandMadeTarget(functions: [Self.plain, Self.anywhere, Self.outermost], regions: words)
    let walk = target.walk([16: pc(0), 7: from])
    #expect(walk.frames.map(\.pc) == [pc(0), pc(1), pc(2)])
    #expect(walk.ending == .outermost)
  }

  @Test("does not go in circles", arguments: [(low, high), (low, low + 0x40), (low, low)])
  func cycle(_ first: UInt64, _ second: UInt64) {
    var words = [Self.low: [UInt64](repeating: 0, count: 32), Self.high: [UInt64](repeating: 0, count: 32)]
    func put(_ address: UInt64, _ value: UInt64) {
      let region = address >= Self.high ? Self.high : Self.low
      words[region]?[Int(address - region) / 8] = value
    }
    // Each stack leads to the other.
    put(first, second + 16)
    put(second + 8, pc(0))
    put(second + 16, first + 16)
    put(first + 8, pc(0))
    put(first + 16, second + 16)
    let target = HandMadeTarget(functions: [Self.anywhere], regions: words)
    let walk = target.walk([16: pc(0), 7: first])
    guard case .noProgress = walk.ending else {
      Issue.record("ended with \(walk.ending)")
      return
    }
    #expect(walk.frameCount < 5)
  }

  @Test("does not follow a switch to what is no call's return address")
  func wildSwitch() {
    let target = HandMadeTarget(
      functions: [Self.anywhere, Self.outermost],
      regions: [Self.low: [Self.high + 16, 0], Self.high: [0, pc(1), 0, 0]],
      codeBytes: [0x100 + 0x38: [0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90]])
    let walk = target.walk([16: pc(0), 7: Self.low])
    #expect(walk.ending == .noProgress(cfa: Self.high + 16))
    #expect(walk.frameCount == 1)
  }

  @Test("restores what the callee saved, and forgets what it may have changed")
  func registers() {
    let target = HandMadeTarget(
      functions: [Self.framed + CFA.offset(3, 3), Self.plain, Self.outermost],
      regions: [Self.low: [333, 666, pc(1), pc(2), 0]])
    var set = RegisterSet()
    for (number, value) in [16: pc(0), 7: Self.low, 6: Self.low + 8, 0: 1, 12: 1212] { set[number] = value }
    let unwinder = Unwinder(architecture: .x86_64, modules: [target.module], memory: target)
    for number in 1...2 {
      let found = unwinder.registers(ofFrame: number, from: set)
      #expect(found?[3] == 333)
      #expect(found?[6] == 666)
      #expect(found?[12] == 1212)
      #expect(found?[0] == nil)
      #expect(found?[7] == Self.low + 16 + 8 * UInt64(number))
    }
    #expect(unwinder.registers(ofFrame: 3, from: set) == nil)
    #expect(unwinder.registers(ofFrame: -1, from: set) == nil)
    #expect(unwinder.registers(ofFrame: 0, from: set) == set)
  }

  @Test("gives the same frames one at a time, and with their registers")
  func stepping() {
    let target = HandMadeTarget(
      functions: [Self.plain, Self.plain, Self.outermost], regions: [Self.low: [pc(1), pc(0), pc(2), 0]])
    var set = RegisterSet()
    set[16] = pc(0)
    set[7] = Self.low
    let unwinder = Unwinder(architecture: .x86_64, modules: [target.module], memory: target)
    var visited: [Frame] = []
    let ending = unwinder.visit(set) { frame, registers in
      visited.append(frame)
      return registers[16] == frame.pc && registers[7] == frame.stackPointer
    }
    #expect(ending == .outermost)
    let walked = unwinder.walk(set).frames
    #expect(visited.map(\.pc) == walked.map(\.pc))
    #expect(visited.map(\.cfa) == walked.map(\.cfa))
    #expect(visited.map(\.number) == [0, 1, 2, 3])
    #expect(unwinder.visit(set) { frame, _ in frame.number < 1 } == nil)
  }

  @Test("takes a signal frame's caller to be exact, by the augmentation of its CIE")
  func signalAugmentation() {
    // Function 2 is the signal frame: the interrupted registers lie above it.
    let trampoline =
      CFA.defCFAExpression([0x77, 0x10, 0x06]) + CFA.expression(16, [0x77, 0x08]) + CFA.expression(3, [0x77, 0x18])
    let target = HandMadeTarget(
      functions: [Self.plain, Self.outermost], signalFunctions: [trampoline],
      regions: [Self.low: [pc(2, 1), 0, pc(1, 0), Self.high, 3333, 0], Self.high: [0, 0]])
    let walk = target.walk([16: pc(0), 7: Self.low])
    #expect(walk.frames.map(\.pc) == [pc(0), pc(2, 1), pc(1, 0)])
    #expect(walk.frames.map(\.isSignalTrampoline) == [false, true, false])
    #expect(walk.frames.map(\.provenance) == [.context, .callFrameInformation, .signalFrame])
    #expect(walk.frames.map(\.isExact) == [true, false, true])
    #expect(walk.frames[2].stackPointer == Self.high)
    #expect(walk.ending == .outermost)
  }

  @Test("knows a signal trampoline by its instructions, in code without call frame information or in none")
  func signalInstructions() {
    let syscall: [UInt8] = [0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05]
    // struct ucontext: the registers begin 40 bytes behind the stack pointer; rsp is the 16th, rip the 17th.
    var frame = [UInt64](repeating: 0, count: 32)
    frame[0] = pc(9, 0)
    frame[1 + 5 + 11] = 3333
    frame[1 + 5 + 15] = Self.high
    frame[1 + 5 + 16] = pc(1, 0)
    let target = HandMadeTarget(
      functions: [Self.plain, Self.outermost], regions: [Self.low: frame, Self.high: [0, 0]],
      codeBytes: [0x900: syscall])
    let walk = target.walk([16: pc(0), 7: Self.low])
    #expect(walk.frames.map(\.pc) == [pc(0), pc(9, 0), pc(1, 0)])
    #expect(walk.frames.map(\.isSignalTrampoline) == [false, true, false])
    #expect(walk.frames[2].isExact)
    #expect(walk.frames[2].stackPointer == Self.high)
  }

  @Test("removes authentication codes from return addresses", arguments: [0x007f_0000_0000_0000, 0] as [UInt64])
  func pointerAuthentication(_ mask: UInt64) {
    let code: UInt64 = 0x0035_0000_0000_0000
    let saved = CFA.negateRAState + CFA.defCFAOffset(16) + CFA.offset(29, 2) + CFA.offset(30, 1)
    let target = HandMadeTarget(
      .aarch64, functions: [saved, saved, CFA.undefined(30)],
      regions: [Self.low: [Self.low + 16, pc(1) | code, 0, pc(2) | code, 0, 0]])
    let walk = target.walk([32: pc(0), 31: Self.low, 29: Self.low, 30: 0], codePointerMask: mask)
    #expect(walk.frames.map(\.pc) == [pc(0), pc(1), pc(2)])
    #expect(walk.ending == .outermost)
  }

  @Test("takes the link register of the innermost frame, and of what a signal interrupted, but of no other")
  func linkRegister() {
    let target = HandMadeTarget(
      .aarch64, functions: [[], [], CFA.undefined(30)], regions: [Self.low: [0, 0, 0, 0]])
    let walk = target.walk([32: pc(0), 31: Self.low, 30: pc(1)])
    // Function 1 says that its return address is in x30, which function 0 did not preserve.
    #expect(walk.frames.map(\.pc) == [pc(0), pc(1)])
    #expect(walk.ending == .noRule(pc: pc(1)))
  }

  @Test("scans only for what lies in code behind a call, and only in the neighbourhood")
  func scan() {
    var words = [UInt64](repeating: 0, count: 4096)
    words[3] = pc(5)  // behind no call
    words[5] = pc(4)  // behind a call of what is no code
    words[9] = pc(6)
    words[3000] = pc(7)
    let target = HandMadeTarget(
      functions: [], regions: [Self.low: words],
      codeBytes: [
        0x538: [UInt8](repeating: 0x90, count: 8), 0x63b: [0xe8, 0, 0, 0, 0], 0x73b: [0xe8, 0, 0, 0, 0],
        0x40: [UInt8](repeating: 0xcc, count: 16),
      ])
    let walk = target.walk([16: pc(0), 7: Self.low], unwindTables: false)
    #expect(walk.frames.map(\.pc) == [pc(0), pc(6)])
    #expect(walk.frames.map(\.provenance) == [.context, .scan])
    #expect(walk.ending == .noRule(pc: pc(6)))
  }
}

@Suite("A walk on an exhausted stack")
struct ExhaustedStackTests {
  static let stack: UInt64 = 0x10_0000
  /// A call of function 1's neighbour before the return address, in readable code.
  static let calls: [Int: [UInt8]] = [
    0x40: [UInt8](repeating: 0xcc, count: 16), 0x13b: [0xe8, 0, 0, 0, 0], 0x23b: [0xe8, 0, 0, 0, 0],
  ]

  @Test(
    "finds the way back from a stack pointer in the guard, or beyond it in other memory",
    arguments: [stack - 64, stack - 0x10_0000 + 8], [true, false])
  func framePointer(_ stackPointer: UInt64, _ unwindTables: Bool) {
    let outermost = CFA.undefined(16)
    let framed = CFA.defCFA(6, 16) + CFA.offset(6, 2)
    let target = HandMadeTarget(
      functions: [framed, framed, outermost],
      regions: [
        Self.stack: [0, 0, Self.stack + 48, HandMadeTarget.pc(1), 0, 0, 0, HandMadeTarget.pc(2), 0],
        // Another mapping, far below, into which a big frame may have moved the stack pointer.
        Self.stack - 0x10_0000: [0, 0, 0, 0],
      ], codeBytes: Self.calls)
    let walk = target.walk(
      [16: HandMadeTarget.pc(0), 7: stackPointer, 6: Self.stack + 16], unwindTables: unwindTables)
    #expect(walk.frames.map(\.pc) == [0, 1, 2].map { HandMadeTarget.pc($0) })
    let expected: Provenance = unwindTables ? .callFrameInformation : .framePointer
    #expect(walk.frames.dropFirst().allSatisfy { $0.provenance == expected })
  }

  @Test("scans from the first readable word above the stack pointer")
  func scan() {
    let target = HandMadeTarget(
      functions: [], regions: [Self.stack: [0, 0, HandMadeTarget.pc(1), 0]], codeBytes: Self.calls)
    let walk = target.walk([16: HandMadeTarget.pc(0), 7: Self.stack - 0x5000], unwindTables: false)
    #expect(walk.frames.map(\.pc) == [HandMadeTarget.pc(0), HandMadeTarget.pc(1)])
  }
}
