#ifndef INQUEST_TERMINAL_H
#define INQUEST_TERMINAL_H

/* A live view in a terminal. Every function returns -errno where it fails. */

#include <stdint.h>

/// Shows the alternate screen of the terminal behind standard output, hides its cursor, and gives each key at once. All of
/// it is undone by inquest_leave_screen, and where SIGTERM, SIGHUP, SIGINT or SIGQUIT ends the program. Returns 0, or
/// -errno. The corresponding C function is tcsetattr.
int64_t inquest_enter_screen(void);

/// Undoes inquest_enter_screen.
void inquest_leave_screen(void);

/// Waits for a key on standard input for so many milliseconds. Returns its byte, 0 where none came, -EINTR where the
/// terminal changed its size, -EPIPE where there is no input any more. The corresponding C function is poll.
int64_t inquest_key(int64_t milliseconds);

/// The columns and rows of the terminal behind standard output; 0 where it does not tell.
void inquest_terminal_size(int32_t *columns, int32_t *rows);

#endif
