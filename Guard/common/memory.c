#include "memory.h"

#include "system.h"

enum { first_size = 256 << 10, most_regions = 32 };

static struct {
  char *start;
  size_t size;
} regions[most_regions];
static int count;
static size_t used; /* Of the newest region. */
static size_t taken;

void *memory_take(size_t size) {
  if (size > (size_t)1 << 40) return NULL;
  size = (size + 7) & ~(size_t)7;
  if (count == 0 || size > regions[count - 1].size - used) {
    if (count == most_regions) return NULL;
    size_t wanted = count == 0 ? first_size : regions[count - 1].size * 2;
    /* Where a limit forbids a region of twice the size, a smaller one will do for a while. */
    while (wanted < size) wanted *= 2;
    char *start = system_pages(wanted);
    while (start == NULL && wanted / 2 >= size && wanted > 4096) start = system_pages(wanted /= 2);
    if (start == NULL) return NULL;
    regions[count].start = start;
    regions[count].size = wanted;
    __atomic_store_n(&count, count + 1, __ATOMIC_RELEASE);
    used = 0;
  }
  char *result = regions[count - 1].start + used;
  used += size;
  taken += size;
  return result;
}

int memory_holds(const void *address) {
  for (int index = __atomic_load_n(&count, __ATOMIC_ACQUIRE); index-- > 0;)
    if ((uintptr_t)address - (uintptr_t)regions[index].start < regions[index].size) return 1;
  return 0;
}

size_t memory_taken(void) { return taken; }
