import Foundation
import TestSupport
import Testing

/// `inquest guard`: that no stack runs out in silence, and that handlers of faults are what they are without.
@Suite("inquest guard: stacks") struct GuardStackTests {
  private func guarded(
    _ command: [String], _ options: [String] = [], environment: [String: String] = [:], in folder: String? = nil,
    timeout: Double = 120
  ) throws -> Outcome {
    // Programs that crash leave what they have made.
    let own = try temporaryDirectory()
    defer { remove(own) }
    return try run(
      [CommandLine.executable, "guard"] + options + ["--"] + command, in: folder ?? own, environment: environment,
      timeout: timeout)
  }

  private static func compiled(_ source: String, _ compiler: [String] = ["gcc"]) throws -> String {
    try Fixture.compile(source, with: compiler + ["-O2", "-w", "-pthread"])
  }

  private static let silent = ["SWIFT_BACKTRACE": "enable=no"]

  /// What is said, of which function, and the signal that ends the program.
  private static let stacks: [(mode: String, says: [String], signal: Int32)] = [
    ("main", ["the main thread's stack (8192 KiB, its limit RLIMIT_STACK)", "beyond its end"], SIGSEGV),
    ("main-big-frames", ["the main thread's stack (8192 KiB", "the frame of big_frames+", " does not fit"], SIGSEGV),
    ("main-huge-frame", ["the frame of one_huge_frame+", "does not fit: it takes 16777"], SIGSEGV),
    ("main-small-recursion", ["the frame of one_huge_frame+"], SIGSEGV),
    ("main-alloca", ["the main thread's stack", "the frame of huge_alloca+"], SIGSEGV),
    ("main-array", ["the main thread's stack", "the frame of huge_array+"], SIGSEGV),
    ("thread", ["has used up its stack (256 KiB)"], SIGSEGV),
    ("thread-huge-frame", ["its stack (256 KiB)", "one_huge_frame+", "it takes 16777"], SIGSEGV),
    ("fiber", ["a stack of the program's own (its mapping has 128 KiB)"], SIGSEGV),
    ("handler-aborts", ["the main thread's stack"], SIGABRT),
    ("handler-raises", ["the main thread's stack"], SIGSEGV),
    // Without the guard the kernel has nowhere to write the handler's frame.
    ("undeliverable", ["the main thread's stack"], SIGABRT),
  ]

  @Test("of every kind says so, and then the program ends as it would", arguments: stacks.indices)
  func kinds(index: Int) throws {
    let stack = Self.stacks[index]
    let outcome = try guarded([try Self.compiled("stack_exhaustion.c"), stack.mode])
    #expect(outcome.signal == stack.signal, "\(stack.mode)")
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count == 1, "\(stack.mode): \(outcome.errors)")
    #expect(
      outcome.errors.hasPrefix("inquest guard: stack_exhaustio (") && outcome.errors.contains("stack: thread \"")
        || outcome.errors.hasPrefix("inquest guard: stack_exhaustion (") && outcome.errors.contains("stack: thread \""),
      "\(outcome.errors)")
    for words in stack.says { #expect(outcome.errors.contains(words), "\(stack.mode): \(outcome.errors)") }
  }

  @Test(
    "in places that programs choose for it says so",
    arguments: ["guarded-array", "heap", "mapping", "alternate", "threads"])
  func places(mode: String) throws {
    let outcome = try guarded([try Self.compiled("stack_places.c"), mode])
    #expect(outcome.signal == SIGSEGV)
    let kinds = ["alternate": "its alternate signal stack (32 KiB)", "threads": "its stack (64 KiB)"]
    #expect(outcome.errors.contains(kinds[mode] ?? "a stack of the program's own"), "\(outcome.errors)")
    #expect(outcome.errors.contains("the frame of recurse+"), "\(outcome.errors)")
  }

  @Test(
    "nothing is said of faults that are none of a stack's, near as they may be",
    arguments: ["deep-null", "guard-by-pointer", "below-mapping", "far-below-stack"])
  func nearMisses(mode: String) throws {
    let outcome = try guarded([try Self.compiled("stack_near_misses.c"), mode])
    #expect(outcome.signal == SIGSEGV)
    #expect(outcome.errors.isEmpty, "\(outcome.errors)")
  }

  @Test(
    "nothing is said of wild and null pointers",
    arguments: [
      "null-read", "null-write", "null-strlen", "non-canonical", "wild", "null-call", "wild-call", "write-constant",
      "write-code",
      "execute-stack", "execute-heap", "beyond-file", "own-kill",
    ])
  func wild(mode: String) throws {
    let outcome = try guarded([try Self.compiled("memory_faults.c"), mode])
    #expect(outcome.errors.isEmpty, "\(outcome.errors)")
  }

  @Test(
    "actions, masks, alternate stacks and what handlers see are what they are without",
    arguments: [["gcc"], ["gcc", "-no-pie"], ["clang", "-fuse-ld=lld"], ["musl-gcc"]])
  func actions(compiler: [String]) throws {
    let program = try Self.compiled("guard_actions.c", compiler)
    let alone = try run([program])
    let with = try guarded([program])
    #expect(with.output == alone.output)
    #expect(with.errors.isEmpty)
    #expect(alone.output.count > 2000)
  }

  @Test(
    "and on aarch64, as far as an emulator shows it",
    .enabled(if: Fixture.has("qemu-aarch64") && Fixture.has(Fixture.aarch64[0])))
  func aarch64() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let library = folder + "/guard.so"
    try runChecked([Fixture.packageRoot + "/Guard/compile", Fixture.aarch64[0], library])
    let qemu = ["qemu-aarch64", "-L", Fixture.aarch64SystemRoot]
    let preloaded = qemu + ["-E", "LD_PRELOAD=" + library, "-E", "INQUEST_GUARD=0"]
    let actions = try Self.compiled("guard_actions.c", Fixture.aarch64)
    #expect(try run(preloaded + [actions]).output == runChecked(qemu + [actions]).output)
    let stacks = try Self.compiled("stack_exhaustion.c", Fixture.aarch64)
    for (mode, words) in [
      ("main", "the main thread's stack"), ("main-huge-frame", "it takes 16384 KiB"), ("main-alloca", "huge_alloca"),
      ("thread", "its stack (256 KiB)"), ("thread-huge-frame", "one_huge_frame"), ("fiber", "of the program's own"),
    ] {
      let errors = try run(preloaded + [stacks, mode], in: folder, timeout: 120).errors
      #expect(errors.contains(words), "\(mode): \(errors)")
    }
    let misses = try Self.compiled("stack_near_misses.c", Fixture.aarch64)
    for mode in ["deep-null", "guard-by-pointer", "below-mapping"] {
      let errors = try run(preloaded + [misses, mode], in: folder).errors
      #expect(!errors.contains("inquest guard"), "\(mode): \(errors)")
    }
  }

  @Test(
    "the core is the one that the kernel writes without, and says the same", arguments: ["main", "thread", "fiber"])
  func core(mode: String) throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let program = try Self.compiled("stack_exhaustion.c", ["gcc", "-g"])
    let outcome = try run(
      ["sh", "-c", "ulimit -c unlimited; exec \"$@\"", "sh", CommandLine.executable, "guard", "--", program, mode],
      in: folder)
    #expect(outcome.signal == SIGSEGV)
    let cores = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("core") }
    guard let core = cores.first else { return }
    let verdict = try run([CommandLine.executable, "core", folder + "/" + core]).output
    #expect(verdict.contains("proved"), "\(verdict)")
    #expect(verdict.lowercased().contains("stack exhaustion") || verdict.contains("ran out"), "\(verdict)")
    #expect(verdict.contains("even") && verdict.contains("odd"), "\(verdict)")
  }

  @Test("Rust's own handler speaks after it, on the main thread and on others")
  func rust() throws {
    let program = try Fixture.compile("guard_stack.rs", with: ["rustc", "-O"])
    for (mode, stack) in [("main", "the main thread's stack"), ("thread", "thread \"parser\"")] {
      let outcome = try guarded([program, mode])
      #expect(outcome.signal == SIGABRT)
      let lines = outcome.errors.split(separator: "\n")
      #expect(lines.first?.contains(stack) ?? false, "\(outcome.errors)")
      #expect(outcome.errors.contains("has overflowed its stack"), "\(outcome.errors)")
    }
  }

  @Test("a segment of the real stacker, of which Rust's handler says nothing")
  func stacker() throws {
    let outcome = try guarded([try Fixture.compileWithStacker("stacker_exhaustion.rs")])
    #expect(outcome.signal == SIGSEGV)
    #expect(outcome.errors.contains("a stack of the program's own (its mapping has 10"), "\(outcome.errors)")
    // Rust's handler restores the default: what faults a second time was told.
    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    // Which of the two functions that call each other does not fit, the turn of the stack decides.
    #expect(outcome.errors.contains("descend") || outcome.errors.contains("black_box"), "\(outcome.errors)")
  }

  @Test("Swift's stacks", arguments: ["main", "thread", "task", "dispatch"])
  func swift(mode: String) throws {
    let program = try Fixture.compile("guard_stack.swift", with: ["swiftc", "-O"])
    let outcome = try guarded([program, mode], environment: Self.silent)
    #expect(outcome.signal == SIGSEGV)
    #expect(
      outcome.errors.contains(mode == "main" ? "the main thread's stack" : "has used up its stack ("),
      "\(outcome.errors)")
    #expect(outcome.errors.contains("deep"), "\(outcome.errors)")
  }

  @Test("Swift's backtracer speaks after it on every thread, where alone it says nothing")
  func swiftBacktracer() throws {
    let program = try Fixture.compile("guard_stack.swift", with: ["swiftc", "-O"])
    let backtracer = ["SWIFT_BACKTRACE": "enable=yes,color=no,limit=8"]
    let alone = try run([program, "thread"], environment: backtracer)
    let with = try guarded([program, "thread"], environment: backtracer)
    #expect(!alone.errors.contains("Bad pointer dereference"))
    #expect(with.errors.hasPrefix("inquest guard: "))
    // Where the backtracer itself is installed.
    if try run([program, "main"], environment: backtracer).errors.contains("Bad pointer dereference") {
      #expect(with.errors.contains("Bad pointer dereference"), "\(with.errors)")
    }
  }

  @Test("a real rustc, in one frame that its threads' stacks cannot hold")
  func rustc() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    try "fn main() { println!(\"{}\", 1 + 1); }".write(toFile: folder + "/a.rs", atomically: true, encoding: .utf8)
    let root = try runChecked(["rustc", "--print", "sysroot"]).output.split(separator: "\n").first ?? ""
    let compiler = String(root) + "/bin/rustc"
    let alone = try run([compiler, "a.rs"], in: folder, environment: ["RUST_MIN_STACK": "1048576"])
    guard alone.signal != nil || alone.status != 0 else { return }
    let outcome = try guarded([compiler, "a.rs"], environment: ["RUST_MIN_STACK": "1048576"], in: folder)
    #expect(outcome.errors.contains("has used up its stack (1024 KiB)"), "\(outcome.errors.prefix(2000))")
  }

  @Test("a JVM makes its exceptions of stacks and of null as ever, without a word", .enabled(if: Fixture.has("javac")))
  func java() throws {
    let folder = try temporaryDirectory()
    defer { remove(folder) }
    let source = try Fixture.path(of: "GuardStack.java")
    try runChecked(["javac", "-d", folder, source])
    let alone = try run(["java", "GuardStack"], in: folder)
    let with = try guarded(["java", "GuardStack"], in: folder)
    #expect(with.output == alone.output)
    #expect(with.errors == alone.errors)
    #expect(with.status == 0)
  }

  @Test("Python's faulthandler speaks after it")
  func python() throws {
    let script = """
      import faulthandler, sys
      faulthandler.enable(); sys.setrecursionlimit(10**7)
      class A:
        def __getattr__(self, name): return getattr(self, name)
      A().x
      """
    let outcome = try guarded(["python3", "-c", script])
    guard outcome.signal == SIGSEGV else { return }
    #expect(outcome.errors.hasPrefix("inquest guard: "), "\(outcome.errors.prefix(500))")
    #expect(outcome.errors.contains("Fatal Python error: Segmentation fault"))
  }

  @Test("AddressSanitizer's report follows it")
  func sanitizer() throws {
    let outcome = try guarded([try Self.compiled("stack_exhaustion.c", ["gcc", "-fsanitize=address"]), "thread"])
    #expect(outcome.errors.contains("stack-overflow"), "\(outcome.errors.prefix(800))")
    #expect(outcome.errors.contains("inquest guard: "), "\(outcome.errors.prefix(800))")
  }

  @Test(
    "threads that go on from it do, and none disturbs another", arguments: ["recover", "recover-on-alternate-stacks"])
  func recover(mode: String) throws {
    let outcome = try guarded([try Self.compiled("guard_ends.c"), mode])
    #expect(outcome.output == "all went on\n")
    let lines = outcome.errors.split(separator: "\n")
    // Twenty at once, and no more than twenty in ten seconds.
    #expect(lines.count >= 20 && lines.count < 200)
    #expect(
      lines.allSatisfy { $0.contains("has used up its stack (8192 KiB): the frame of deep+") }, "\(outcome.errors)")
  }

  @Test("in the child of a fork, and with no descriptor left")
  func circumstances() throws {
    let program = try Self.compiled("guard_ends.c")
    let child = try guarded([program, "fork"])
    #expect(child.output == "the child died of \(SIGSEGV)\n")
    #expect(child.errors.contains("has used up its stack"), "\(child.errors)")
    let outcome = try run([
      "sh", "-c", "ulimit -Sn 100; exec \"$@\"", "sh", CommandLine.executable, "guard", "--", program, "descriptors",
    ])
    #expect(outcome.errors.contains("the main thread's stack"), "\(outcome.errors)")
  }

  @Test("--only without it leaves all to the kernel")
  func off() throws {
    let program = try Self.compiled("stack_exhaustion.c")
    let outcome = try guarded([program, "thread"], ["--only", "environment,threads"])
    #expect(outcome.signal == SIGSEGV)
    #expect(outcome.errors.isEmpty)
    #expect(try guarded([program, "thread"], ["--only", "stack"]).errors.contains("has used up its stack"))
  }
}
