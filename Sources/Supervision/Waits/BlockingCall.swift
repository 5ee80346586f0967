internal import Processes

/// The system call that a stopped thread slept in, as far as it is one that somebody else's doing ends.
///
/// It is read from the registers as they are at the stop: the kernel has broken the call off, and is about to make it anew
/// (signal(7), "Interruption of system calls and library functions by signal handlers").
struct BlockingCall: Equatable {
  enum Kind: Equatable {
    /// Any of these descriptors' becoming ready ends it.
    case descriptors([Wanted])
    /// As many as the array of `struct pollfd` at an address has.
    case poll(array: UInt64, count: UInt64)
    /// The sets of select(2): to read, to write, and for exceptions.
    case select(count: UInt64, sets: [UInt64])
    case epoll(Int32)
    /// The end of one child, or of any.
    case child(Int32?)
    /// FUTEX_WAIT and its like, with the value that the word had to have.
    case futex(word: UInt64, expected: UInt32, isPrivate: Bool)
    /// flock(2), or a record lock of fcntl(2).
    case fileLock(Int32, isRecord: Bool)
    /// The end of the child that a descriptor stands for.
    case pidfd(Int32)
    /// A set of System V semaphores, and the array of `struct sembuf` at an address.
    case semaphores(Int32, operations: UInt64, count: UInt64)
    /// A System V message queue; whether a message is waited for, or room for one of so many bytes.
    case messages(Int32, reads: Bool, size: UInt64)
    /// A POSIX message queue's descriptor.
    case queue(Int32, reads: Bool)
    /// The completion of what was handed to io_uring(7).
    case ring(Int32)
  }

  /// What is waited for of one descriptor.
  struct Wanted: Equatable {
    var descriptor: Int32
    var reads: Bool
    var writes: Bool
    /// POLLIN and POLLOUT, where those are asked for.
    var events: Int32 { (reads ? 1 : 0) | (writes ? 4 : 0) }
  }

  let kind: Kind
  /// The call's name.
  let name: String
  /// Whether it is poll, select or epoll_wait, which wait for descriptors and do nothing with them.
  var isPoll: Bool {
    switch kind {
    case .poll, .select, .epoll: true
    default: false
    }
  }

  /// nil where the thread was in no such call, or in one that ends by itself.
  ///
  /// - Parameter code: reads 64 bits of the process's memory.
  init?(_ thread: LiveThread, code: (UInt64) -> UInt64?) {
    guard !thread.isAboutToRun, let (number, a) = Self.call(thread, code) else { return nil }
    func descriptor(_ index: Int) -> Int32 { Int32(truncatingIfNeeded: a[index]) }
    func isEndless(_ milliseconds: UInt64) -> Bool { Int32(truncatingIfNeeded: milliseconds) < 0 }
    guard let name = Self.names[number] else { return nil }
    self.name = name
    switch name {
    case "read", "readv", "pread64", "preadv", "recvfrom", "recvmsg":
      kind = .descriptors([Wanted(descriptor: descriptor(0), reads: true, writes: false)])
    case "write", "writev", "pwrite64", "pwritev", "sendto", "sendmsg":
      kind = .descriptors([Wanted(descriptor: descriptor(0), reads: false, writes: true)])
    case "poll" where isEndless(a[2]), "ppoll" where a[2] == 0: kind = .poll(array: a[0], count: a[1] & 0xffff_ffff)
    case "select" where a[4] == 0, "pselect6" where a[4] == 0:
      kind = .select(count: a[0] & 0xffff_ffff, sets: [a[1], a[2], a[3]])
    case "epoll_wait" where isEndless(a[3]), "epoll_pwait" where isEndless(a[3]), "epoll_pwait2" where a[3] == 0:
      kind = .epoll(descriptor(0))
    case "wait4": kind = .child(descriptor(0) > 0 ? descriptor(0) : nil)
    // P_PID is 1, P_PIDFD is 3.
    case "waitid" where a[0] == 3: kind = .pidfd(descriptor(1))
    case "waitid": kind = .child(a[0] == 1 ? descriptor(1) : nil)
    case "futex" where a[3] == 0:
      // FUTEX_WAIT, FUTEX_WAIT_BITSET, FUTEX_WAIT_REQUEUE_PI, FUTEX_LOCK_PI, FUTEX_LOCK_PI2.
      guard [0, 9, 11, 6, 13].contains(a[1] & 0x7f) else { return nil }
      kind = .futex(word: a[0], expected: UInt32(truncatingIfNeeded: a[2]), isPrivate: a[1] & 128 != 0)
    case "flock": kind = .fileLock(descriptor(0), isRecord: false)
    // F_SETLKW, F_OFD_SETLKW.
    case "fcntl" where a[1] == 7: kind = .fileLock(descriptor(0), isRecord: true)
    case "fcntl" where a[1] == 38: kind = .fileLock(descriptor(0), isRecord: false)
    // glibc's semop is semtimedop without a time.
    case "semop",
      "semtimedop" where a[3] == 0:
      kind = .semaphores(descriptor(0), operations: a[1], count: a[2] & 0xffff_ffff)
    case "msgsnd": kind = .messages(descriptor(0), reads: false, size: a[2])
    case "msgrcv": kind = .messages(descriptor(0), reads: true, size: 0)
    case "mq_timedreceive" where a[4] == 0: kind = .queue(descriptor(0), reads: true)
    case "mq_timedsend" where a[4] == 0: kind = .queue(descriptor(0), reads: false)
    case "io_uring_enter": kind = .ring(descriptor(0))
    default: return nil
    }
  }

  // MARK: Registers

  #if arch(x86_64)
    /// Numbers of `arch/x86/entry/syscalls/syscall_64.tbl`.
    private static let names: [UInt64: String] = [
      0: "read", 1: "write", 7: "poll", 17: "pread64", 18: "pwrite64", 19: "readv", 20: "writev", 23: "select",
      44: "sendto", 45: "recvfrom", 46: "sendmsg", 47: "recvmsg", 61: "wait4", 65: "semop", 69: "msgsnd", 70: "msgrcv",
      72: "fcntl", 73: "flock", 202: "futex", 220: "semtimedop", 232: "epoll_wait", 242: "mq_timedsend",
      243: "mq_timedreceive", 247: "waitid", 270: "pselect6", 271: "ppoll", 281: "epoll_pwait", 295: "preadv",
      296: "pwritev", 426: "io_uring_enter", 441: "epoll_pwait2",
    ]

    /// Of `struct user_regs_struct`: orig_rax, and rdi, rsi, rdx, r10, r8.
    private static func call(_ thread: LiveThread, _ code: (UInt64) -> UInt64?) -> (UInt64, [UInt64])? {
      let words = thread.values
      guard words.count > 19 else { return nil }
      let result = Int64(bitPattern: words[10])
      var number = words[15]
      // A write that has filled the pipe or the socket ends with what it has written.
      let isPartial = [1, 20, 44].contains(number) && result > 0 && (number == 20 || UInt64(result) < words[12])
      guard (-516 ... -512).contains(result) || result == -4 || isPartial else { return nil }
      // restart_syscall: the number of the call that it goes on with is loaded before the instruction (mov eax, 7).
      if number == 219 {
        guard let loaded = loaded(before: words[16] &- 2, code) else { return nil }
        number = loaded
      }
      return (number, [14, 13, 12, 7, 9].map { words[$0] })
    }

    /// The nearest number that code before a system call puts into eax.
    private static func loaded(before address: UInt64, _ code: (UInt64) -> UInt64?) -> UInt64? {
      for distance in 5..<48 as Range<UInt64> {
        guard let word = code(address &- distance) else { return nil }
        let value = word >> 8 & 0xffff_ffff
        if word & 0xff == 0xb8, value < 512 { return value }
      }
      return nil
    }
  #else
    /// Numbers of `include/uapi/asm-generic/unistd.h`.
    private static let names: [UInt64: String] = [
      22: "epoll_pwait", 25: "fcntl", 32: "flock", 63: "read", 64: "write", 65: "readv", 66: "writev", 67: "pread64",
      68: "pwrite64", 69: "preadv", 70: "pwritev", 72: "pselect6", 73: "ppoll", 95: "waitid", 98: "futex",
      182: "mq_timedsend", 183: "mq_timedreceive", 188: "msgrcv", 189: "msgsnd", 192: "semtimedop", 193: "semop",
      206: "sendto", 207: "recvfrom", 211: "sendmsg", 212: "recvmsg", 260: "wait4", 426: "io_uring_enter",
      441: "epoll_pwait2",
    ]

    /// Of `struct user_pt_regs`: x8, and x0 to x4. The kernel has put the arguments back, and the program counter before
    /// the instruction `svc 0`, when it stops the thread (arch/arm64/kernel/signal.c, do_signal).
    private static func call(_ thread: LiveThread, _ code: (UInt64) -> UInt64?) -> (UInt64, [UInt64])? {
      let words = thread.values
      guard words.count > 32, let instruction = code(words[32]), instruction & 0xffff_ffff == 0xd400_0001 else {
        return nil
      }
      return (words[8], [0, 1, 2, 3, 4].map { words[$0] })
    }
  #endif
}
