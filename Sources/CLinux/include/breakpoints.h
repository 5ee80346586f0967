#ifndef INQUEST_BREAKPOINTS_H
#define INQUEST_BREAKPOINTS_H

/* What breakpoints ask of the kernel. Every function returns -errno where it fails. */

#include <stdint.h>

/// Reads the general registers of a stopped thread as the kernel lays them out (NT_PRSTATUS): at most `count` words of
/// 8 bytes. Returns their number, or -errno. The corresponding system call is ptrace, PTRACE_GETREGSET.
int64_t inquest_get_register_words(int32_t tid, uint64_t *words, uint64_t count);

/// Writes them. Returns 0, or -errno. The corresponding system call is ptrace, PTRACE_SETREGSET.
int64_t inquest_set_register_words(int32_t tid, const uint64_t *words, uint64_t count);

/// Reads memory of a process, as much as is readable without a gap. Returns the number of bytes, or -errno.
/// The corresponding C function is process_vm_readv.
int64_t inquest_read_process(int32_t pid, uint64_t address, void *bytes, uint64_t count);

/// Writes memory of a process where the process itself could. Returns the number of bytes, or -errno.
/// The corresponding C function is process_vm_writev.
int64_t inquest_write_process(int32_t pid, uint64_t address, const void *bytes, uint64_t count);

/// Writes bytes into code through a stopped thread, whatever the page's protection: the word around them is read,
/// changed and written. They may not cross a word of 8 bytes. Returns 0, or -errno.
/// The corresponding system call is ptrace, PTRACE_POKETEXT.
int64_t inquest_write_code(int32_t tid, uint64_t address, const void *bytes, uint64_t count);

/// Reads or writes the aligned word of 8 bytes of code at an address, whatever the page's protection. Returns 0, or
/// -errno. The corresponding system call is ptrace, PTRACE_PEEKTEXT and PTRACE_POKETEXT.
int64_t inquest_peek_code(int32_t tid, uint64_t address, uint64_t *word);
int64_t inquest_poke_code(int32_t tid, uint64_t address, uint64_t word);

/// Whether two processes have one address space: 1 or 0, or -errno where the kernel does not tell.
/// The corresponding system call is kcmp, KCMP_VM.
int64_t inquest_shares_memory(int32_t a, int32_t b);

/// Reads or writes (`writes` not 0) the 128 bytes of a stopped thread's siginfo. Returns 0, or -errno.
/// The corresponding system call is ptrace, PTRACE_GETSIGINFO and PTRACE_SETSIGINFO.
int64_t inquest_signal_bytes(int32_t tid, void *bytes, int32_t writes);

#endif
