#ifndef GUARD_FRAMES_H
#define GUARD_FRAMES_H

#include <stdint.h>

/// The function that holds an address, from the table that a module's PT_GNU_EH_FRAME segment begins with (Linux Standard
/// Base Core, section 10.6): it also knows those that have no name. Returns 0 where it knows none, or is of another
/// encoding than the one that all linkers write.
int frames_function(const void *table, uintptr_t address, uintptr_t *start, uintptr_t *end);

#endif
