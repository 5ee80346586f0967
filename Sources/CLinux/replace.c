#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t inquest_begin_replacement(const char *path, struct inquest_replacement *replacement) {
  replacement->descriptor = -1;
  char resolved[PATH_MAX];
  const char *place = path;
  if (realpath(path, resolved) != NULL) {
    place = resolved;
    struct stat status;
    if (stat(place, &status) != 0) return -errno;
    if (S_ISDIR(status.st_mode)) return -EISDIR;
    if (!S_ISREG(status.st_mode)) return -EINVAL;
  } else if (errno != ENOENT) {
    return -errno;
  }
  int length = snprintf(replacement->path, sizeof replacement->path, "%s", place);
  if (length < 0 || (size_t)length >= sizeof replacement->path) return -ENAMETOOLONG;
  if (length == 0) return -ENOENT;
  snprintf(replacement->temporary, sizeof replacement->temporary, "%s.XXXXXX", replacement->path);
  int fd = mkostemp(replacement->temporary, O_CLOEXEC);
  if (fd < 0) return -errno;
  replacement->descriptor = fd;
  return 0;
}

int64_t inquest_finish_replacement(struct inquest_replacement *replacement) {
  /* The only way to read the mask is to set it. */
  mode_t mask = umask(0077);
  umask(mask);
  int64_t result = 0;
  if (fchmod(replacement->descriptor, 0666 & ~mask) != 0) result = -errno;
  if (close(replacement->descriptor) != 0 && result == 0) result = -errno;
  replacement->descriptor = -1;
  if (result == 0 && rename(replacement->temporary, replacement->path) != 0) result = -errno;
  if (result != 0) unlink(replacement->temporary);
  return result;
}

void inquest_abandon_replacement(struct inquest_replacement *replacement) {
  if (replacement->descriptor >= 0) close(replacement->descriptor);
  replacement->descriptor = -1;
  unlink(replacement->temporary);
}
