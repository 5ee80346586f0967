#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

/* What the parts of the guard share. README.md has the rules that all of them keep. */

/// What a program meets in the place of libc's. symbols.map names them again; everything else is hidden.
#define EXPORTED __attribute__((visibility("default")))

#include "log.h"

/// Whether a part was not asked for (`--only`). Parts that are asked before the guard was started are on.
extern uint8_t parts_off[part_count];
static inline int part_is_off(enum guard_part part) { return parts_off[part]; }

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
void threads_before_fork(void);
void threads_after_fork(void);
void threads_in_child(void);
void threads_summary(void);
void stack_before_fork(void);
void stack_after_fork(void);
void stack_in_child(void);
void stack_summary(void);

#endif
