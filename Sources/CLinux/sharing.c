#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

uint64_t inquest_page_size(void) {
  return (uint64_t)sysconf(_SC_PAGESIZE);
}

int64_t inquest_touched_pages(const void *address, uint64_t count, uint8_t *touched) {
  int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  uint64_t entries[2048];
  uint64_t first = (uint64_t)(uintptr_t)address / inquest_page_size();
  uint64_t done = 0;
  while (done < count) {
    uint64_t wanted = count - done < 2048 ? count - done : 2048;
    ssize_t size = pread(fd, entries, wanted * 8, (off_t)((first + done) * 8));
    if (size < 0 && errno == EINTR) continue;
    if (size < 8) {
      int64_t error = size < 0 ? -errno : -EIO;
      close(fd);
      return error;
    }
    uint64_t got = (uint64_t)size / 8;
    /* Bit 63: present; bit 62: swapped out. */
    for (uint64_t i = 0; i < got; i++) touched[done + i] = (entries[i] >> 62) != 0;
    done += got;
  }
  close(fd);
  return 0;
}

int64_t inquest_create_file(const char *path) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  return fd < 0 ? -errno : fd;
}

int64_t inquest_remove_file(const char *path) {
  return unlink(path) == 0 ? 0 : -errno;
}
