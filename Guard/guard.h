#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

/* What the parts of the guard share. README.md has the rules that all of them keep. */

/// What a program meets in the place of libc's. symbols.map names them again; everything else is hidden.
#define EXPORTED __attribute__((visibility("default")))

/// Whether a part of the guard is to do its work: all are but those that `--only` leaves out, and those too until the
/// library's constructor has read what was asked for.
extern unsigned guard_parts;
#define guard_has(part) (guard_parts >> (part) & 1)

/// Whether the kernel gave this program more than its user has (AT_SECURE).
int guard_is_secure(void);

/* Each part: what it does around a fork, so that the child finds no lock held by a thread that it does not have; and what
   it tells at the end of a process that `--summary` was given for. */
void environment_before_fork(void);
void environment_after_fork(void);
void environment_in_child(void);
void environment_summary(void);

void cancellation_start(void);
void cancellation_in_child(void);
void cancellation_summary(void);

#endif
