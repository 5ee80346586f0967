/* Where the stack ends that a thread was made with, and any other that it may run on. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/resource.h>

#include "stack.h"

/* The kernel lets a main thread's stack grow no nearer to what lies below than this (stack_guard_gap, mm/mmap.c: 256 pages
   unless it was told otherwise). */
static const uintptr_t kernel_gap = 1 << 20;

struct mapping {
  uintptr_t start, end;
  int is_accessible, is_writable, is_main_stack;
};

/* One, and those next to it; zeros where there is none. */
struct place {
  struct mapping below, here, above;
};

/* /proc/self/maps, read through a small buffer: there may be ten thousands of lines. */
struct maps {
  long file;
  size_t next, filled;
  char bytes[2048];
};

static int next_byte(struct maps *maps) {
  if (maps->next == maps->filled) {
    long count;
    do count = system_call(SYS_read, maps->file, (long)maps->bytes, sizeof maps->bytes, 0, 0, 0);
    while (count == -4 /* EINTR */);
    if (count <= 0) return -1;
    maps->next = 0;
    maps->filled = (size_t)count;
  }
  return (unsigned char)maps->bytes[maps->next++];
}

static int hexadecimal(struct maps *maps, uintptr_t *number) {
  int byte;
  for (*number = 0; (byte = next_byte(maps)) >= 0; *number = *number << 4 | (unsigned)byte) {
    if (byte >= '0' && byte <= '9')
      byte -= '0';
    else if (byte >= 'a' && byte <= 'f')
      byte -= 'a' - 10;
    else
      return byte;
  }
  return -1;
}

/* The rest of a line: "rw-p 00000000 00:00 0    [stack]". */
static int rest(struct maps *maps, struct mapping *mapping) {
  static const char name[] = "[stack]";
  size_t position = 0, matched = 0;
  int byte;
  mapping->is_accessible = 0;
  for (; (byte = next_byte(maps)) >= 0 && byte != '\n'; position++) {
    if (position < 3 && byte != '-') mapping->is_accessible = 1;
    if (position == 1) mapping->is_writable = byte == 'w';
    matched = matched < 7 && byte == name[matched] ? matched + 1 : byte == name[0] ? 1 : 0;
  }
  mapping->is_main_stack = matched == 7;
  return byte;
}

static int next_mapping(struct maps *maps, struct mapping *mapping) {
  return hexadecimal(maps, &mapping->start) == '-' && hexadecimal(maps, &mapping->end) == ' ' && rest(maps, mapping) == '\n';
}

/* The mapping that an address lies in. Returns 0 where there is none, or nothing is told. */
static int find_mapping(uintptr_t address, struct place *found) {
  struct maps maps = {system_call(SYS_openat, AT_FDCWD, (long)"/proc/self/maps", O_RDONLY | O_CLOEXEC, 0, 0, 0), 0, 0, {0}};
  if (system_failed(maps.file)) return 0;
  int is_found = 0;
  *found = (struct place){{0}, {0}, {0}};
  for (; next_mapping(&maps, &found->here); found->below = found->here)
    if (address - found->here.start < found->here.end - found->here.start) {
      is_found = 1;
      if (!next_mapping(&maps, &found->above)) found->above = (struct mapping){0};
      break;
    }
  system_call(SYS_close, maps.file, 0, 0, 0, 0, 0);
  return is_found;
}

static struct handrail_range range(uintptr_t low, uintptr_t end) {
  if (end <= low) return (struct handrail_range){0, 0};
  /* One that is no larger than what is kept has nothing to give, but is known. */
  if (end - low <= stack_reserve) return (struct handrail_range){end - 1, 1};
  return (struct handrail_range){low + stack_reserve, end - low - stack_reserve};
}

/* The main thread's grows down to where the limit ends it (measured from the mapping's end, as the kernel does) or another
   mapping comes too near. What the program maps later lies below: the kernel keeps that much room from the start. */
static struct handrail_range main_stack(const struct place *place) {
  const struct mapping *mapping = &place->here;
  struct rlimit limit;
  uintptr_t low = place->below.end + kernel_gap;
  if (getrlimit(RLIMIT_STACK, &limit) != 0) return range(mapping->start, mapping->end);
  if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < mapping->end && mapping->end - limit.rlim_cur > low)
    low = mapping->end - limit.rlim_cur;
  return range(low < mapping->start ? low : mapping->start, mapping->end);
}

/* Where there is no /proc: the path of the program lies at the stack's upper end (fs/exec.c), and what lies below is kept free as
   far as the limit, and a hundred MiB at least (mmap_base, mm/util.c). */
static struct handrail_range main_stack_untold(uintptr_t pointer) {
  static const uintptr_t most = 64 << 20, page = 64 << 10;
  struct rlimit limit;
  uintptr_t end = getauxval(AT_EXECFN);
  if (end < most || pointer >= end || getrlimit(RLIMIT_STACK, &limit) != 0) return (struct handrail_range){0, 0};
  uintptr_t size = limit.rlim_cur < most ? limit.rlim_cur : most;
  if (size <= page || end - pointer > size - page) return (struct handrail_range){0, 0};
  return range(end - (size - page), end);
}

/* libc tells where a thread's begins. Before glibc 2.27 that included the guard: it is left out either way, which costs a page. */
static struct handrail_range thread_stack(void) {
  pthread_attr_t attributes;
  void *low = NULL;
  size_t size = 0, guard = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return (struct handrail_range){0, 0};
  int error = pthread_attr_getstack(&attributes, &low, &size) | pthread_attr_getguardsize(&attributes, &guard);
  pthread_attr_destroy(&attributes);
  if (error != 0 || guard >= size) return (struct handrail_range){0, 0};
  return range((uintptr_t)low + guard, (uintptr_t)low + size);
}

/* A fiber's. Its end is known where its mapping ends in a guard. Otherwise, in memory of malloc's or where mappings have grown
   together, nobody knows how near it is. malloc's memory for threads may lie above what cannot be touched as well: it begins at
   a multiple of as much as it may grow to, and has that above. */
static struct handrail_range other_stack(const struct place *place) {
  const struct mapping *here = &place->here;
  int is_guarded = place->below.end == here->start && !place->below.is_accessible;
  int may_grow = place->above.start == here->end && !place->above.is_accessible && here->start % (1 << 20) == 0;
  if (!here->is_writable || !is_guarded || may_grow) return (struct handrail_range){0, 0};
  return range(here->start, here->end);
}

struct handrail_range handrail_find_stack(uintptr_t pointer, int *is_own) {
  *is_own = 0;
  stack_t alternate;
  if (sigaltstack(NULL, &alternate) == 0 && (alternate.ss_flags & SS_ONSTACK) != 0)
    return range((uintptr_t)alternate.ss_sp, (uintptr_t)alternate.ss_sp + alternate.ss_size);
  struct place place;
  /* Only the first thread has the kernel's stack; the child of a fork by another has that one's, and is the first as well. */
  int is_first = system_call(SYS_gettid, 0, 0, 0, 0, 0, 0) == system_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
  int is_mapped = 0;
  if (is_first) {
    is_mapped = find_mapping(pointer, &place);
    if (is_mapped && place.here.is_main_stack) {
      *is_own = 1;
      return main_stack(&place);
    }
  }
  struct handrail_range own = thread_stack();
  if (own.size != 0 && pointer - (own.low - stack_reserve) < own.size + stack_reserve) {
    *is_own = 1;
    return own;
  }
  if (is_first && !is_mapped) {
    own = main_stack_untold(pointer);
    *is_own = own.size != 0;
    return own;
  }
  if (!is_mapped) is_mapped = find_mapping(pointer, &place);
  return is_mapped ? other_stack(&place) : (struct handrail_range){0, 0};
}
