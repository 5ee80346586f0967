#ifndef INQUEST_SUPERVISE_H
#define INQUEST_SUPERVISE_H

/* What running a program in one's own place asks of the kernel. Every function returns -errno where it fails. */

#include <stdint.h>

/// A signal that came to this process.
struct inquest_relayed {
  int32_t number;
  /// si_code: SI_KERNEL (128) for the keys of a terminal, which go to a whole process group.
  int32_t code;
  /// Who sent it; 0 for the kernel and for who is not seen from this pid namespace.
  int32_t sender;
};

/// Keeps the signals that a program is sent (HUP, INT, QUIT, TERM, USR1, USR2, ALRM, WINCH, CONT, TSTP, TTIN, TTOU, the
/// real-time ones and others) for inquest_relay_take instead of dying of them. What this process was started with
/// ignoring stays ignored. To be called after the program was started, and by one thread.
void inquest_relay_begin(void);

/// The next signal that came, 1; or 0 where none did.
int32_t inquest_relay_take(struct inquest_relayed *signal);

/// Sends a signal. Returns 0, or -errno. The corresponding C function is kill.
int64_t inquest_kill(int32_t pid, int32_t number);

/// Ends this process by a signal, without a core file of its own, so that whoever waits for it sees what the program it
/// ran died of. Where that is impossible (the init of a pid namespace), exits with 128 and the number.
_Noreturn void inquest_die_by(int32_t number);

/// Stops this process as the program that it runs was stopped, until SIGCONT.
void inquest_stop_self(int32_t number);

/// Whether this process is in the foreground of its terminal: 1 or 0. The corresponding C function is tcgetpgrp.
int32_t inquest_is_foreground(void);

/// The calling process's own id. The corresponding C function is getpid.
int32_t inquest_own_pid(void);

/// A thread id's process group. The corresponding C function is getpgid. Returns it, or -errno.
int32_t inquest_process_group(int32_t pid);

/// A copy of this process's environment: pointers that stay valid, ended by a null pointer.
const char *const *inquest_environment_pointers(void);

/// Makes a folder and those above it. Returns 0, also where it is there, or -errno.
int64_t inquest_make_folder(const char *path);

#endif
