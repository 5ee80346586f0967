/* Segments: mapped, named, kept for the next time, given back. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "stack.h"

enum { page = 64 << 10 /* A multiple of every page size that both architectures have. */ };

/* PR_SET_VMA and PR_SET_VMA_ANON_NAME, since Linux 5.17: older headers lack them. */
enum { set_mapping = 0x53564d41, set_mapping_name = 0 };

static const size_t least_size = 256 << 10, usual_size = 1 << 20, largest_step = 64 << 20, most_spare = 16 << 20,
                    largest_size = (size_t)1 << 40;

static size_t first_size;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* "65536", "512K", "4M", "1G": the size of a first segment. Anything else is as if it were not there. */
static void read_environment(void) {
  first_size = usual_size;
  const char *text = getenv("HANDRAIL_SEGMENT");
  if (text == NULL || *text < '0' || *text > '9') return;
  char *end;
  errno = 0;
  unsigned long size = strtoul(text, &end, 10);
  unsigned shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
  if (errno != 0 || (shift == 0 && *end != 0) || (shift != 0 && end[1] != 0) || size > largest_size >> shift) return;
  first_size = size << shift;
}

void *handrail_map(size_t size, size_t guard, const char *name, int *error) {
  char *low = mmap(NULL, size + guard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (low == MAP_FAILED) {
    *error = errno;
    return NULL;
  }
  if (mprotect(low + guard, size, PROT_READ | PROT_WRITE) != 0) {
    *error = errno;
    munmap(low, size + guard);
    return NULL;
  }
  /* Kernels that cannot name memory refuse: then it has no name. */
  system_call(SYS_prctl, set_mapping, set_mapping_name, (long)low, (long)(size + guard), (long)name, 0);
  return low + guard;
}

void handrail_unmap(void *low, size_t size, size_t guard) { munmap((char *)low - guard, size + guard); }

/* Each as large as those before it together: so that a deep recursion has few of them, and switches seldom. */
static size_t size_for(size_t asked) {
  pthread_once(&once, read_environment);
  size_t size = asked != 0 ? asked : first_size;
  if (asked == 0 && handrail_stacks.live_bytes > size)
    size = handrail_stacks.live_bytes < largest_step ? handrail_stacks.live_bytes : largest_step;
  if (asked == 0 && size < first_size) size = first_size;
  return size < least_size ? least_size : size;
}

static size_t in_pages(size_t size) { return (size + page - 1) & ~(size_t)(page - 1); }

/* What a spare one may waste: it was as small as possible once. */
static int will_do(const struct handrail_segment *segment, size_t size, size_t most) {
  return segment->size >= size && segment->size <= most && segment->size / 4 <= size;
}

static struct handrail_segment *take_spare(size_t size, size_t most) {
  for (struct handrail_segment **link = &handrail_stacks.spare; *link != NULL; link = &(*link)->outer)
    if (will_do(*link, size, most)) {
      struct handrail_segment *spare = *link;
      *link = spare->outer;
      handrail_stacks.spare_bytes -= spare->size;
      return spare;
    }
  return NULL;
}

static void give_back(struct handrail_segment *segment) {
  handrail_unmap((void *)segment->low, segment->size, segment_guard);
}

static void give_back_all(struct handrail_segment *segment) {
  uintptr_t pointer = handrail_stack_pointer();
  for (struct handrail_segment *outer; segment != NULL; segment = outer) {
    outer = segment->outer;
    if (pointer - segment->low >= segment->size) give_back(segment);
  }
}

static void give_back_spare(void) {
  struct handrail_segment *spare = handrail_stacks.spare;
  handrail_stacks.spare = NULL;
  handrail_stacks.spare_bytes = 0;
  give_back_all(spare);
}

/* As large as possible, where there is no room for one of that size: but not smaller than what is needed. */
static struct handrail_segment *make_segment(size_t size, size_t least, int *error) {
  char *low = handrail_map(size, segment_guard, "handrail stack segment", error);
  if (low == NULL) give_back_spare();
  while (low == NULL && size > least) {
    size = size / 2 > least ? in_pages(size / 2) : least;
    low = handrail_map(size, segment_guard, "handrail stack segment", error);
  }
  if (low == NULL) return NULL;
  /* Here, and not each time one is used again: it asks the kernel. */
  handrail_watch_for_exhaustion();
  struct handrail_segment *segment = (struct handrail_segment *)(low + size - 64);
  segment->low = (uintptr_t)low;
  segment->size = size;
  return segment;
}

struct handrail_segment *handrail_take_segment(size_t bytes, size_t asked, size_t limit, int *error) {
  if (bytes > largest_size || asked > largest_size) {
    *error = ENOMEM;
    return NULL;
  }
  size_t least = in_pages(bytes + stack_reserve + 4096), size = in_pages(size_for(asked)), most = SIZE_MAX;
  if (size < least) size = least;
  if (limit != 0) {
    most = limit > handrail_stacks.live_bytes ? limit - handrail_stacks.live_bytes : 0;
    if (least > most) {
      *error = EOVERFLOW;
      return NULL;
    }
    if (size > most) size = most & ~(size_t)(page - 1);
  }
  struct handrail_segment *spare = take_spare(size, most);
  return spare != NULL ? spare : make_segment(size, least, error);
}

void handrail_leave_segment(struct handrail_segment *segment) {
  /* Where the thread's end will not be heard of, nobody would give it back. */
  if (!handrail_stacks.is_known || segment->size > most_spare || handrail_stacks.spare_bytes > most_spare - segment->size) {
    give_back(segment);
    return;
  }
  segment->outer = handrail_stacks.spare;
  handrail_stacks.spare = segment;
  handrail_stacks.spare_bytes += segment->size;
}

void handrail_give_back_segments(void) {
  struct handrail_segment *live = handrail_stacks.live;
  handrail_stacks.live = NULL;
  handrail_stacks.live_bytes = 0;
  handrail_present = handrail_stacks.own;
  give_back_spare();
  /* Left by longjmp or pthread_exit. */
  give_back_all(live);
}
