#ifndef GUARD_PLACE_H
#define GUARD_PLACE_H

#include <stddef.h>
#include <stdint.h>

/// Where an address of code lies. Takes the dynamic linker's lock: not for signal handlers.
struct place {
  const char *module; /* Its path; "" is the program itself; null where no module holds it. */
  uintptr_t offset;   /* In the module, as its file states addresses. */
  const char *symbol; /* The nearest exported function, if it holds the address; or null. */
  uintptr_t into;     /* How far into it. */
};

struct place place_of(const void *address);

#endif
