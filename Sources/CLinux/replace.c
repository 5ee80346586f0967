#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file without a name in the folder of `path`, which is gone with us however we end; -1 where there are none, or where
   no name could be given to it later. */
static int open_nameless(const char *path) {
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');
  /* The root keeps its slash. */
  size_t length = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
  if (length >= sizeof folder) return -1;
  memcpy(folder, slash == NULL ? "." : path, length);
  folder[length] = 0;
  int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return -1;
  char link[64];
  struct stat status;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  if (stat(link, &status) == 0) return fd;
  close(fd);
  return -1;
}

static int64_t give_name(int fd, const char *name) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  return linkat(AT_FDCWD, link, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
}

/* Gives a nameless file the name of `path`. No call puts a nameless file in the place of another: where one is there, it is
   named beside it for the moment until the renaming. */
static int64_t name_nameless(struct inquest_replacement *replacement) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  int64_t result = give_name(replacement->descriptor, replacement->path);
  for (int attempt = 0; result == -EEXIST && attempt < 100; attempt++) {
    unsigned char lots[6];
    if (getrandom(lots, sizeof lots, 0) != (ssize_t)sizeof lots) return -EAGAIN;
    char suffix[sizeof lots + 1] = "";
    for (size_t index = 0; index < sizeof lots; index++) suffix[index] = letters[lots[index] % (sizeof letters - 1)];
    snprintf(replacement->temporary, sizeof replacement->temporary, "%s.%s", replacement->path, suffix);
    result = give_name(replacement->descriptor, replacement->temporary);
    if (result != 0) replacement->temporary[0] = 0;
  }
  return result;
}

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
  replacement->temporary[0] = 0;
  replacement->descriptor = open_nameless(replacement->path);
  if (replacement->descriptor >= 0) return 0;
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
  int is_nameless = replacement->temporary[0] == 0;
  if (result == 0 && is_nameless) result = name_nameless(replacement);
  int is_beside = replacement->temporary[0] != 0, is_in_place = result == 0 && !is_beside;
  if (close(replacement->descriptor) != 0 && result == 0) result = -errno;
  replacement->descriptor = -1;
  if (result == 0 && is_beside && rename(replacement->temporary, replacement->path) != 0) result = -errno;
  if (result != 0 && is_beside) unlink(replacement->temporary);
  /* There was nothing before. */
  if (result != 0 && is_in_place) unlink(replacement->path);
  return result;
}

void inquest_abandon_replacement(struct inquest_replacement *replacement) {
  if (replacement->descriptor >= 0) close(replacement->descriptor);
  replacement->descriptor = -1;
  if (replacement->temporary[0] != 0) unlink(replacement->temporary);
}
