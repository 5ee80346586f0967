/// The requests of `include/uapi/linux/ptrace.h` that are used here.
enum Request {
  static let peekUser: Int64 = 3
  static let pokeUser: Int64 = 6
  static let run: Int64 = 7
  static let step: Int64 = 9
  static let detach: Int64 = 17
  static let systemCall: Int64 = 24
  static let eventMessage: Int64 = 0x4201
  static let signalInformation: Int64 = 0x4202
  static let setSignalInformation: Int64 = 0x4203
  static let interrupt: Int64 = 0x4207
  static let listen: Int64 = 0x4208
  static let systemCallInformation: Int64 = 0x420e
}

/// Numbers of errors (`include/uapi/asm-generic/errno-base.h`, `errno.h`).
enum Errno {
  static let notPermitted: Int32 = 1
  static let noProcess: Int32 = 3
  static let interrupted: Int32 = 4
  static let noChild: Int32 = 10
  static let timedOut: Int32 = 62
}

/// Numbers of signals that are the same on x86-64 and aarch64 (`include/uapi/asm-generic/signal.h`).
enum Signal {
  static let illegal: Int32 = 4
  static let trap: Int32 = 5
  static let bus: Int32 = 7
  static let floatingPoint: Int32 = 8
  static let segmentation: Int32 = 11
  static let child: Int32 = 17
  static let resume: Int32 = 18
  static let urgent: Int32 = 23
  static let windowSize: Int32 = 28

  /// Those that do nothing where nobody has asked for them.
  static let ignoredByDefault: Set<Int32> = [child, resume, urgent, windowSize]
}
