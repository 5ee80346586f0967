#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t inquest_read_link(const char *path, void *buffer, uint64_t size) {
  ssize_t length = readlink(path, buffer, (size_t)size);
  return length < 0 ? -errno : length;
}
