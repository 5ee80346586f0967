import Testing

@testable import SystemCalls

@Suite struct DecodingTests {
  @Test(arguments: [
    ("/etc/hosts", "openat(AT_FDCWD, \"/etc/hosts\", O_RDONLY|O_CLOEXEC) = 3"),
    ("a\nb\"\\\u{1}7", "openat(AT_FDCWD, \"a\\nb\\\"\\\\\\0017\", O_RDONLY|O_CLOEXEC) = 3"),
    ("é", "openat(AT_FDCWD, \"\\303\\251\", O_RDONLY|O_CLOEXEC) = 3"),
    ("", "openat(AT_FDCWD, \"\", O_RDONLY|O_CLOEXEC) = 3"),
  ])
  func pathsAreShownAsCWritesThem(path: String, expected: String) {
    var memory = FakeMemory()
    memory.put(path, at: 0x1000)
    #expect(decoded("openat", [negative(-100), 0x1000, 0o2000000], .value(3), memory) == expected)
  }

  @Test func aModeIsShownOnlyWhereAFileMayBeMade() {
    var memory = FakeMemory()
    memory.put("f", at: 0x1000)
    #expect(decoded("open", [0x1000, 0o101, 0o644], .value(3), memory) == "open(\"f\", O_WRONLY|O_CREAT, 0644) = 3")
    #expect(decoded("open", [0x1000, 1, 0o644], .value(3), memory) == "open(\"f\", O_WRONLY) = 3")
  }

  @Test func aarch64NumbersItsOpenFlagsOtherwise() {
    var memory = FakeMemory()
    memory.put("d", at: 0x1000)
    let arguments: [UInt64] = [negative(-100), 0x1000, 0o40000]
    #expect(decoded("openat", arguments, .value(3), memory) == "openat(AT_FDCWD, \"d\", O_RDONLY|O_DIRECT) = 3")
    #expect(
      decoded("openat", arguments, .value(3), memory, on: .aarch64)
        == "openat(AT_FDCWD, \"d\", O_RDONLY|O_DIRECTORY) = 3")
  }

  @Test func failuresCarryNameAndWords() {
    #expect(decoded("close", [9], .failed(errno: 9)) == "close(9) = -1 EBADF (Bad file descriptor)")
    #expect(decoded("pause", [], .failed(errno: 514)) == "pause() = ? (interrupted by a signal)")
    #expect(decoded("exit_group", [1], .unfinished) == "exit_group(1) = ?")
  }

  @Test func whatIsReadIsAsLongAsTheResult() {
    var memory = FakeMemory()
    memory.put(Array("hello, world".utf8), at: 0x2000)
    #expect(decoded("read", [0, 0x2000, 4096], .value(5), memory) == "read(0, \"hello\", 4096) = 5")
    #expect(decoded("read", [0, 0x2000, 4096], .value(0), memory) == "read(0, \"\", 4096) = 0")
    #expect(decoded("read", [0, 0x2000, 4096], .failed(errno: 4), memory).hasPrefix("read(0, 0x2000, 4096)"))
    #expect(
      decoded("write", [1, 0x2000, 12], .value(12), memory, limits: CallLimits(text: 5))
        == "write(1, \"hello\"..., 12) = 12")
  }

  @Test func mappingsShowTypeAndFlags() {
    #expect(
      decoded("mmap", [0, 4096, 3, 0x22, negative(-1), 0], .value(0x7f00_0000_1000))
        == "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000001000")
    #expect(decoded("mprotect", [0x1000, 4096, 0], .value(0)) == "mprotect(0x1000, 4096, PROT_NONE) = 0")
  }

  @Test(arguments: [CallTable.x86_64, CallTable.aarch64])
  func statShowsModeAndSize(table: CallTable) {
    var memory = FakeMemory()
    memory.put("f", at: 0x1000)
    var stat = [UInt8](repeating: 0, count: 144)
    let mode = table.architecture == .x86_64 ? 24 : 16
    stat.replaceSubrange(mode..<mode + 4, with: halves(0o100644))
    stat.replaceSubrange(48..<56, with: words(1234))
    memory.put(stat, at: 0x2000)
    #expect(
      decoded("newfstatat", [negative(-100), 0x1000, 0x2000, 0x100], .value(0), memory, on: table)
        == "newfstatat(AT_FDCWD, \"f\", {mode=S_IFREG|0644, size=1234, ...}, AT_SYMLINK_NOFOLLOW) = 0")
  }

  @Test(
    arguments: [
      ([2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], "{AF_INET, 127.0.0.1:80}"),
      ([10, 0, 1, 187] + [UInt8](repeating: 0, count: 19) + [1, 0, 0, 0, 0], "{AF_INET6, [::1]:443}"),
      ([1, 0] + Array("/run/x".utf8) + [0, 9], "{AF_UNIX, \"/run/x\"}"),
      ([1, 0, 0] + Array("abs".utf8), "{AF_UNIX, @\"abs\"}"),
      ([1, 0], "{AF_UNIX}"),
      ([16, 0, 0, 0, 7, 0, 0, 0, 3, 0, 0, 0], "{AF_NETLINK, pid=7, groups=0x3}"),
      ([9], "0x3000"),
    ] as [([UInt8], String)])
  func addressesOfSockets(bytes: [UInt8], expected: String) {
    var memory = FakeMemory()
    memory.put(bytes, at: 0x3000)
    #expect(
      decoded("connect", [5, 0x3000, UInt64(bytes.count)], .value(0), memory)
        == "connect(5, \(expected), \(bytes.count)) = 0")
  }

  @Test func aSocketsTypeCarriesFlags() {
    #expect(
      decoded("socket", [2, 0x80801, 6], .value(3))
        == "socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, IPPROTO_TCP) = 3")
  }

  @Test(
    arguments: [
      ([0x1000, 128, 2, 0], "futex(0x1000, FUTEX_WAIT|FUTEX_PRIVATE_FLAG, 2, NULL) = 0"),
      ([0x1000, 129, 1], "futex(0x1000, FUTEX_WAKE|FUTEX_PRIVATE_FLAG, 1) = 0"),
      ([0x1000, 0, 2, 0x5000], "futex(0x1000, FUTEX_WAIT, 2, {sec=1, nsec=500}) = 0"),
      ([0x1000, 3, 1, 7, 0x2000], "futex(0x1000, FUTEX_REQUEUE, 1, 7, 0x2000) = 0"),
    ] as [([UInt64], String)])
  func futexOperationsHaveAsManyArgumentsAsTheyUse(arguments: [UInt64], expected: String) {
    var memory = FakeMemory()
    memory.put(words(1, 500), at: 0x5000)
    #expect(decoded("futex", arguments, .value(0), memory) == expected)
  }

  @Test func signalsAndTheirSets() {
    var memory = FakeMemory()
    memory.put(words(0x4002), at: 0x1000)
    memory.put(words(0xffff_ffff_ffff_fffe), at: 0x2000)
    #expect(
      decoded("rt_sigprocmask", [0, 0x1000, 0, 8], .value(0), memory)
        == "rt_sigprocmask(SIG_BLOCK, [INT TERM], NULL, 8) = 0")
    #expect(
      decoded("rt_sigprocmask", [2, 0x2000, 0, 8], .value(0), memory)
        == "rt_sigprocmask(SIG_SETMASK, ~[HUP], NULL, 8) = 0")
    #expect(decoded("kill", [7, 34], .value(0)) == "kill(7, SIGRT_2) = 0")
    #expect(decoded("kill", [negative(-1), 15], .value(0)) == "kill(-1, SIGTERM) = 0")
  }

  @Test func clonesDifferByArchitectureInTheOrderOfTheirArguments() {
    var memory = FakeMemory()
    memory.put(halves(77), at: 0x3000)
    let arguments: [UInt64] = [0x1200011, 0, 0x3000, 0x4000, 0x5000]
    #expect(
      decoded("clone", arguments, .value(77), memory)
        == "clone(CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, NULL, [77], 0x4000, 0x5000) = 77")
    var three = words(0x3d0f00, 0, 0x900, 0x900, 0, 0x7000, 0x8000, 0x9000)
    three += words(0, 0, 0)
    memory.put(three, at: 0x6000)
    #expect(
      decoded("clone3", [0x6000, 88], .value(78), memory).hasPrefix(
        "clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM|CLONE_SETTLS"))
  }

  @Test(
    arguments: [
      (0, "exited 0"), (0x0300, "exited 3"), (0x000b, "killed by SIGSEGV"), (0x008b, "killed by SIGSEGV, core dumped"),
      (0x137f, "stopped by SIGSTOP"), (0xffff, "continued"),
    ] as [(UInt32, String)])
  func waitStatuses(status: UInt32, expected: String) {
    var memory = FakeMemory()
    memory.put(halves(status), at: 0x1000)
    #expect(
      decoded("wait4", [negative(-1), 0x1000, 0, 0], .value(9), memory) == "wait4(-1, [\(expected)], 0, NULL) = 9")
  }

  @Test func partsOfMessagesShowWhatTheyHold() {
    var memory = FakeMemory()
    memory.put(words(0x2000, 5, 0x2005, 7), at: 0x1000)
    memory.put(Array("hello, world".utf8), at: 0x2000)
    #expect(
      decoded("writev", [1, 0x1000, 2], .value(12), memory) == "writev(1, [{\"hello\", 5}, {\", world\", 7}], 2) = 12")
    // What was read ends within the second part.
    #expect(
      decoded("readv", [0, 0x1000, 2], .value(8), memory) == "readv(0, [{\"hello\", 5}, {\", w\"..., 7}], 2) = 8"
        || decoded("readv", [0, 0x1000, 2], .value(8), memory) == "readv(0, [{\"hello\", 5}, {\", w\", 7}], 2) = 8")
  }

  @Test func pollTellsWhatCameOfIt() {
    var memory = FakeMemory()
    memory.put([3, 0, 0, 0, 1, 0, 1, 0, 4, 0, 0, 0, 4, 0, 0, 0], at: 0x1000)
    #expect(
      decoded("poll", [0x1000, 2, negative(-1)], .value(1), memory)
        == "poll([{3, POLLIN}, {4, POLLOUT}] -> [{3, POLLIN}], 2, -1) = 1")
    #expect(decoded("poll", [0x1000, 1, 5], .value(0), memory) == "poll([{3, POLLIN}], 1, 5) = 0 (timeout)")
  }

  @Test func epollEventsArePackedOnX86Only() {
    var memory = FakeMemory()
    memory.put([1, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0], at: 0x1000)
    #expect(
      decoded("epoll_ctl", [4, 1, 7, 0x1000], .value(0), memory)
        == "epoll_ctl(4, EPOLL_CTL_ADD, 7, {EPOLLIN, data=0x800000007}) = 0")
    #expect(
      decoded("epoll_ctl", [4, 1, 7, 0x1000], .value(0), memory, on: .aarch64)
        == "epoll_ctl(4, EPOLL_CTL_ADD, 7, {EPOLLIN, data=0x8}) = 0")
  }

  @Test func programsAreStartedWithTheirArguments() {
    var memory = FakeMemory()
    memory.put("/bin/ls", at: 0x1000)
    memory.put(words(0x1000, 0x3000, 0), at: 0x2000)
    memory.put("-l", at: 0x3000)
    memory.put(words(0x3000, 0), at: 0x4000)
    #expect(
      decoded("execve", [0x1000, 0x2000, 0x4000], .value(0), memory)
        == "execve(\"/bin/ls\", [\"/bin/ls\", \"-l\"], 0x4000 /* 1 variable */) = 0")
  }

  @Test func numbersWithoutNamesStayNumbers() {
    #expect(decoded("fcntl", [3, 1], .value(1)) == "fcntl(3, F_GETFD) = 1 (FD_CLOEXEC)")
    #expect(decoded("fcntl", [3, 9999, 5], .value(0)) == "fcntl(3, 0x270f, 0x5) = 0")
    #expect(decoded("ioctl", [0, 0x5401, 0x10], .value(0)) == "ioctl(0, TCGETS, 0x10) = 0")
    #expect(decoded("ioctl", [0, 0xc0def00d, 0], .value(0)) == "ioctl(0, _IOWR(0xf0, 0xd, 222), 0) = 0")
    let call = ObservedCall(number: 9999, arguments: InlineArray(repeating: 1), outcome: .value(0))
    var decoder = CallDecoder(call, of: .x86_64, memory: FakeMemory())
    decoder.appendCall()
    #expect(String(decoding: decoder.text.bytes, as: UTF8.self) == "call_9999(0x1, 0x1, 0x1, 0x1, 0x1, 0x1)")
  }
}
