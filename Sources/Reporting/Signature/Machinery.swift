/// Functions that stand innermost on the stacks of unlike crashes: what ends a program, or looks for memory.
enum Machinery {
  /// Whether the crash is told by who called `function`, not by it: of the C library, or of a language's runtime.
  static func isEnding(_ function: String) -> Bool {
    endings.contains(function) || function.hasPrefix("__fortify_fail") || function.hasSuffix("_chk_fail")
  }

  private static let endings: Set<String> = [
    // glibc and musl: signals and aborts.
    "abort", "raise", "gsignal", "kill", "tgkill", "pthread_kill", "__pthread_kill", "__assert_fail",
    "__assert_perror_fail", "__assert", "__stack_chk_fail", "__chk_fail", "__libc_fatal", "sigqueue",
    "pthread_sigqueue",
    // Allocators' ways in: where a heap is corrupt, who asks next is chance.
    "malloc", "free", "calloc", "realloc", "reallocarray", "memalign", "aligned_alloc", "posix_memalign", "valloc",
    "cfree", "operator new", "operator delete", "operator new[]", "operator delete[]",
    // C++.
    "std::terminate", "std::unexpected", "__cxa_throw", "__cxa_rethrow", "__cxa_pure_virtual", "__cxa_bad_cast",
    "__gxx_personality_v0", "_Unwind_RaiseException", "_Unwind_Resume", "_Unwind_ForcedUnwind",
    "__cxa_deleted_virtual", "__cxa_call_unexpected", "__cxa_call_terminate", "__clang_call_terminate",
    "std::__glibcxx_assert_fail", "__cxa_throw_bad_array_new_length",
    // Swift.
    "_swift_stdlib_reportFatalError", "_swift_stdlib_reportFatalErrorInFile", "swift_abortRetainUnowned",
    "_assertionFailure", "_fatalErrorMessage", "_swift_runtime_on_report",
    // Rust.
    "rust_panic", "rust_begin_unwind", "__rust_start_panic", "__rust_end_short_backtrace", "rust_eh_personality",
    "__rust_abort", "__rust_alloc_error_handler", "__rg_oom", "__rdl_oom",
  ]

  /// Whether a function whose name only debug information or a full symbol table tells belongs to what ends a program.
  static func isLanguageEnding(_ function: String) -> Bool {
    isEnding(function) || prefixes.contains(where: function.hasPrefix)
      || function.split(separator: ":").last.map { rustEndings.contains(String($0)) } == true
        && ["core::", "std::", "alloc::", "__rustc::"].contains(where: function.hasPrefix)
  }

  private static let prefixes = [
    "core::panicking::", "std::panicking::", "std::panic::", "__rustc::rust_", "__rustc::__rust_",
    "std::process::abort",
    "std::sys::pal::unix::abort_internal", "std::sys::backtrace::__rust_end_short_backtrace", "std::alloc::",
    "alloc::alloc::handle_alloc_error", "__cxxabiv1::", "std::__throw_", "panic_abort::", "panic_unwind::",
    "std::rt::abort", "std::sys_common::backtrace::__rust_end_short_backtrace",
    "__gnu_cxx::__verbose_terminate_handler",
  ]

  private static let rustEndings: Set<String> = [
    "expect_failed", "unwrap_failed", "slice_index_fail", "slice_error_fail", "handle_error", "capacity_overflow",
    "panic_bounds_check", "panic_fmt", "panic_display", "panic_str", "handle_alloc_error",
  ]

  /// Functions of the C library that begin a program or a thread: no crash is told by them.
  static func isBeginning(_ function: String) -> Bool {
    [
      "__libc_start_main", "__libc_start_call_main", "clone", "clone3", "__clone", "__clone3", "start_thread",
      "thread_start",
      "_start", "libc_start_main_stage2",
    ].contains(function)
  }
}
