#define _GNU_SOURCE
#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const *words;

/* glibc and musl's dynamic linker give constructors what main gets (System V gABI, chapter 5, says nothing of it). */
__attribute__((constructor)) static void keep_words(int count, char **given) {
  if (count > 0) words = (const char *const *)given;
}

const char *const *inquest_argument_pointers(void) {
  static const char *const none[] = {NULL};
  return words != NULL ? words : none;
}

int64_t inquest_read_start(const char *path, void *buffer, uint64_t size) {
  /* O_NONBLOCK: opening a FIFO that nobody writes to must not hang. */
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return -errno;
  uint64_t done = 0;
  int64_t result = 0;
  while (done < size) {
    ssize_t got = read(fd, (char *)buffer + done, (size_t)(size - done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) result = -errno;
    if (got <= 0) break;
    done += (uint64_t)got;
  }
  close(fd);
  return result < 0 ? result : (int64_t)done;
}

int64_t inquest_status(const char *path, struct inquest_file_status *status) {
  struct stat found;
  if (stat(path, &found) != 0) return -errno;
  status->size = found.st_size > 0 ? (uint64_t)found.st_size : 0;
  status->modified_seconds = found.st_mtim.tv_sec;
  status->modified_nanoseconds = found.st_mtim.tv_nsec;
  status->kind = found.st_mode & S_IFMT;
  status->device = found.st_dev;
  status->inode = found.st_ino;
  return 0;
}

int64_t inquest_list(const char *path, int (*visit)(void *context, const char *name), void *context) {
  DIR *folder = opendir(path);
  if (folder == NULL) return -errno;
  int64_t result = 0;
  for (;;) {
    errno = 0;
    struct dirent *entry = readdir(folder);
    if (entry == NULL) {
      result = -errno;
      break;
    }
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (visit(context, entry->d_name) == 0) break;
  }
  closedir(folder);
  return result;
}

int64_t inquest_access(const char *path, int32_t mode) {
  return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? 0 : -errno;
}

int64_t inquest_write(int32_t descriptor, const void *bytes, uint64_t count) {
  static int ignored = 0;
  if (!ignored) {
    signal(SIGPIPE, SIG_IGN);
    ignored = 1;
  }
  uint64_t done = 0;
  while (done < count) {
    ssize_t written = write(descriptor, (const char *)bytes + done, (size_t)(count - done));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return -errno;
    done += (uint64_t)written;
  }
  return 0;
}

int32_t inquest_is_terminal(int32_t descriptor) { return isatty(descriptor) == 1; }

int32_t inquest_terminal_columns(int32_t descriptor) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

int64_t inquest_core_limit(uint64_t *soft, uint64_t *hard) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_CORE, &limit) != 0) return -errno;
  *soft = limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : (uint64_t)limit.rlim_cur;
  *hard = limit.rlim_max == RLIM_INFINITY ? UINT64_MAX : (uint64_t)limit.rlim_max;
  return 0;
}

const char *inquest_environment(const char *name) { return getenv(name); }

void inquest_exit(int32_t status) { _exit(status); }

int64_t inquest_milliseconds(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return 0;
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
