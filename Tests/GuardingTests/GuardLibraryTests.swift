import Foundation
import TestSupport
import Testing

@testable import Guarding

@Suite("The preloaded library")
struct GuardLibraryTests {
  @Test("decodes base64 of any length", arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar", "\u{7f}ÿ~"])
  func base64(text: String) {
    let encoded = Data(text.utf8).base64EncodedString()
    #expect(GuardLibrary.decoded(Array(encoded.utf8)) == Array(text.utf8))
  }

  @Test("is a shared library under 100 KB that asks for no library and no version of a symbol")
  func dependencies() throws {
    let bytes = GuardLibrary.bytes
    #expect(bytes.count < 100_000)
    let file = NSTemporaryDirectory() + "guard-\(UUID().uuidString).so"
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    defer { remove(file) }
    let dynamic = try runChecked(["readelf", "-dVW", file]).output
    #expect(dynamic.contains("libinquest-guard.so"))
    #expect(!dynamic.contains("(NEEDED)"))
    #expect(!dynamic.contains("Version needs"))
    #expect(!dynamic.contains("TEXTREL"))
  }

  @Test("shows nothing but the functions that it takes the place of")
  func symbols() throws {
    let file = NSTemporaryDirectory() + "guard-\(UUID().uuidString).so"
    try Data(GuardLibrary.bytes).write(to: URL(fileURLWithPath: file))
    defer { remove(file) }
    let lines = try runChecked(["nm", "-D", "--defined-only", "--format=posix", file]).output.split(separator: "\n")
    let names = Set(lines.compactMap { $0.split(separator: " ").first.map(String.init) })
    let environment: Set = ["getenv", "secure_getenv", "setenv", "putenv", "unsetenv", "clearenv"]
    let cancellation: Set = [
      "pthread_cancel", "pthread_setcancelstate", "pthread_setcanceltype", "__pthread_register_cancel_defer",
      "__pthread_unregister_cancel_restore",
    ]
    let threads: Set = [
      "pthread_create", "pthread_join", "pthread_tryjoin_np", "pthread_timedjoin_np", "pthread_clockjoin_np",
      "pthread_detach", "thrd_create", "thrd_join", "thrd_detach",
    ]
    let stack: Set = ["sigaction", "signal", "bsd_signal", "ssignal", "__sysv_signal", "sysv_signal", "sigaltstack"]
    let forks: Set = ["__register_atfork", "pthread_atfork"]
    let privileges: Set = ["setuid", "seteuid", "setreuid", "setresuid", "chroot"]
    #expect(names == Set([environment, cancellation, threads, stack, forks, privileges].joined()))
  }
}
