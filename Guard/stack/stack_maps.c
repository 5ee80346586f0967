/* /proc/self/maps, read with system calls alone, and a thousand bytes of it at a time: this is
   done in signal handlers. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/resource.h>

#include "../common/signals.h"
#include "stack.h"
#include "../common/system.h"

struct reader {
  long file;
  size_t length, position;
  char bytes[1024];
};

static int next_byte(struct reader *reader) {
  if (reader->position == reader->length) {
    long count;
    do count = system_call(SYS_read, reader->file, (long)reader->bytes, sizeof reader->bytes, 0, 0, 0);
    while (count == -4 /* EINTR */);
    if (count <= 0) return -1;
    reader->length = (size_t)count;
    reader->position = 0;
  }
  return (unsigned char)reader->bytes[reader->position++];
}

/* Reads a number up to the byte behind it, which is returned. */
static int read_number(struct reader *reader, unsigned base, uintptr_t *number) {
  *number = 0;
  for (int byte;;) {
    byte = next_byte(reader);
    unsigned digit = byte >= '0' && byte <= '9' ? (unsigned)byte - '0'
                     : byte >= 'a' && byte <= 'f' ? (unsigned)byte - 'a' + 10
                                                  : 16;
    if (digit >= base) return byte;
    *number = *number * base + digit;
  }
}

/* "55d0c0a00000-55d0c0a01000 r--p 00001000 fd:01 1234      /path" (proc(5)). */
static int read_region(struct reader *reader, struct region *region) {
  uintptr_t number;
  if (read_number(reader, 16, &region->start) != '-' || read_number(reader, 16, &region->end) != ' ') return 0;
  region->is_readable = next_byte(reader) == 'r';
  region->is_writable = next_byte(reader) == 'w';
  region->is_executable = next_byte(reader) == 'x';
  next_byte(reader);
  next_byte(reader);
  if (read_number(reader, 16, &region->offset) != ' ' || read_number(reader, 16, &number) != ':' ||
      read_number(reader, 16, &number) != ' ')
    return 0;
  int byte = read_number(reader, 10, &region->inode);
  while (byte == ' ') byte = next_byte(reader);
  size_t length = 0;
  for (; byte != '\n' && byte >= 0; byte = next_byte(reader))
    if (length < sizeof region->name - 1) region->name[length++] = (char)byte;
  region->name[length] = 0;
  return byte == '\n';
}

long open_anyway(const char *path, int flags) {
  enum { none_left = -24 /* EMFILE */ };
  flags |= O_CLOEXEC;
  long file = system_call(SYS_openat, AT_FDCWD, (long)path, flags, 0644, 0, 0);
  struct rlimit limit, higher;
  if (file != none_left || system_call(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit, 0, 0) != 0) return file;
  higher = limit;
  higher.rlim_cur = limit.rlim_max;
  if (system_call(SYS_prlimit64, 0, RLIMIT_NOFILE, (long)&higher, 0, 0, 0) != 0) return file;
  file = system_call(SYS_openat, AT_FDCWD, (long)path, flags, 0644, 0, 0);
  system_call(SYS_prlimit64, 0, RLIMIT_NOFILE, (long)&limit, 0, 0, 0);
  return file;
}

int maps_find(uintptr_t address, struct region *here, struct region *above, uintptr_t *below) {
  *below = 0;
  *here = *above = (struct region){.end = 0};
  struct reader reader;
  reader.length = reader.position = 0;
  reader.file = open_anyway("/proc/self/maps", O_RDONLY);
  if (reader.file < 0) return 0;
  struct region region;
  while (read_region(&reader, &region)) {
    if (region.end <= address && (region.is_readable || region.is_writable || region.is_executable)) *below = region.end;
    if (address >= region.start && address < region.end) *here = region;
    if (region.start > address && (region.is_readable || region.is_writable)) {
      *above = region;
      break;
    }
  }
  system_call(SYS_close, reader.file, 0, 0, 0, 0, 0);
  return 1;
}
