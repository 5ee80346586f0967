#ifndef GUARD_MEMORY_H
#define GUARD_MEMORY_H

/* Memory that is never given back, straight from the kernel: the program's allocator may not work yet, may be
   interrupted, or be the one that is broken. It comes in regions, each twice as large as the one before, of which only
   what is written to takes memory. Only whoever holds the environment's lock takes of it; anybody may ask whether an
   address is in it. */

#include <stddef.h>
#include <stdint.h>

/// Zeroed bytes at an address that is a multiple of eight; null where there is no memory.
void *memory_take(size_t size);

/// Whether an address lies in memory that was taken here.
int memory_holds(const void *address);

/// How many bytes were taken.
size_t memory_taken(void);

#endif
