/// What an argument of a system call means, and so how it is shown.
package enum ArgumentKind: Sendable, Equatable {
  /// Numbers: int and unsigned int (of which the kernel reads 32 bits), long, size_t; addresses and bit masks.
  case int, uint, long, size, hexadecimal, pointer
  /// A file descriptor; the folder that a path is relative to.
  case descriptor, folder
  /// Permissions in octal; those of a file that is made, which count only with O_CREAT or O_TMPFILE.
  case mode, createMode
  /// A user or group, -1 for none; a device's two numbers.
  case identifier, device
  /// A text that ends in zero; of a path all is shown.
  case path, text
  /// Flags or one value of a table in ``Constants``.
  case flags(String), one(String)
  /// Numbers with a meaning of their own.
  case access, open, mapFlags, protection, signal, clone, flock, ipc, socketType, protocolNumber, optionLevel
  case socketOption, scheduler
  case fcntlArgument, prctlArgument, ioctlRequest, ioctlArgument
  case futexOperation, futexValue, futexTimeout, futexThird
  /// The address of as many bytes as argument `length` says.
  case bytes(length: Int)
  /// The address of one structure.
  case structure(Structure)
  /// The address of some elements.
  case vectors(count: Int), polls(count: Int), events, identifiers, entries(Int)
  case socketAddress(length: Int, isPointer: Bool)
  case option(length: Int, isPointer: Bool)
  case descriptorSet(count: Int)
  case processorMask(length: Int)
  /// The address of a list of texts, which ends in null: arguments, or the environment, of which only the number is shown.
  case strings, environment
  /// clone3's arguments, with their size.
  case cloneArguments(size: Int)
}

/// Structures that are shown field by field.
package enum Structure: String, Sendable, CaseIterable {
  case stat, statx, statfs
  case timespec, timeval, timespec2, timeval2, timePair, itimerval, itimerspec
  case rlimit, rusage
  case sigset, sigaction, stack, siginfo
  case waitStatus, int2, msghdr, epollEvent, openHow, utsname, sysinfo
  case int32 = "int*"
  case int64 = "long*"
  case pointer = "pointer*"
  /// Bytes that end in zero, as the kernel writes a path.
  case string

  /// Its size in bytes, as far as it is shown; the greater one of the two architectures.
  var size: Int {
    switch self {
    case .stat: 144
    case .statx: 256
    case .statfs: 120
    case .timespec, .timeval, .timePair, .rlimit: 16
    case .timespec2, .timeval2, .itimerval, .itimerspec, .sigaction: 32
    case .rusage: 144
    case .sigset, .int64, .pointer, .int2: 8
    case .stack, .openHow: 24
    case .siginfo: 128
    case .waitStatus, .int32: 4
    case .msghdr: 56
    case .epollEvent: 16
    case .utsname: 390
    case .sysinfo: 112
    case .string: 4096
    }
  }
}

/// When the memory behind an argument is read.
package enum Direction: Sendable, Equatable {
  /// At the entry: the program wrote it.
  case input
  /// At the exit, where the call has not failed: the kernel wrote it.
  case output
  /// At both: what was asked, and what came of it.
  case both
}

/// An argument of a system call.
package struct Argument: Sendable {
  package let name: [UInt8]
  package let kind: ArgumentKind
  package let direction: Direction
}
