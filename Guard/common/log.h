#ifndef GUARD_LOG_H
#define GUARD_LOG_H

/* What the guard tells of what it did: lines on standard error, or in the file that `--log` names.

   A line is put together on the stack and written by one system call, so that lines of several processes do not mix. No
   allocation, no lock of libc but the dynamic linker's (log_intervention, to name the module): whoever tells of something
   in a signal handler uses log_line. */

#include <stddef.h>
#include <stdint.h>

enum guard_part { part_environment, part_cancellation, part_stack, part_threads, part_count };

/// Their names, as `--only` has them.
extern const char *const part_names[part_count];

struct log_line {
  size_t length;
  char bytes[480];
};

/// "inquest guard: NAME (PID): "
void log_begin(struct log_line *line);
void log_text(struct log_line *line, const char *text);
void log_number(struct log_line *line, unsigned long number);
void log_hexadecimal(struct log_line *line, unsigned long number);
/// Writes the line. Its last characters are lost where it is too long.
void log_end(struct log_line *line);

/// Whether a line may be told now: there are at most twenty in ten seconds, and those left out are counted.
int log_may_tell(void);

/// Tells, once for each place that calls, what was done there, if other threads run which it protects. At most twenty lines
/// in ten seconds: those left out are counted in the next.
/// - place: the return address of the call. function, name: as it was called. deed: what was done.
void log_intervention(
    enum guard_part part, const void *place, const char *function, const char *name, const char *deed);

/// Reads what `inquest guard` said: `flags` is INQUEST_GUARD's value, words between commas (the id of the process that it
/// became, "summary", "no-children"), and `file` INQUEST_GUARD_LOG's, or null.
void log_configure(const char *flags, const char *file);

/// Keeps the log open from now on: this process is about to give up the right to open it, or to change its root.
void log_hold(void);

/// Whether `--summary` was given.
int log_has_summary(void);
/// Whether it was, and this process has something to tell or is the one that was asked for.
int log_wants_summary(int has_something);

/// How many places were told of, and how many lines were left out.
struct log_counts {
  unsigned long places, left_out;
};
extern struct log_counts log_counts;

/// In the child of a fork: nothing was told yet.
void log_in_child(void);

#endif
