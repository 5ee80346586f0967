#ifndef GUARD_ENVIRONMENT_H
#define GUARD_ENVIRONMENT_H

#include "../common/lock.h"

/// Held by whoever changes the environment.
extern struct guard_lock environment_lock;

/// How many calls there were: of setenv and putenv, of those that remove one variable, of clearenv.
struct environment_counts {
  unsigned long changes, removals, clearings;
};
extern struct environment_counts environment_counts;

#endif
