#define _GNU_SOURCE
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "trace.h"

int64_t inquest_file_facts(const char *path, struct inquest_file_facts *facts) {
  struct stat status;
  if (stat(path, &status) != 0) return -errno;
  facts->size = (uint64_t)status.st_size;
  facts->mode = status.st_mode;
  facts->user = status.st_uid;
  facts->group = status.st_gid;
  facts->has_capabilities = getxattr(path, "security.capability", NULL, 0) > 0;
  struct statvfs system;
  facts->ignores_privilege = 0;
  facts->forbids_execution = 0;
  if (statvfs(path, &system) == 0) {
    facts->ignores_privilege = (system.f_flag & ST_NOSUID) != 0;
    facts->forbids_execution = (system.f_flag & ST_NOEXEC) != 0;
  }
  return 0;
}

int32_t inquest_may_execute(const char *path) { return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0; }

uint32_t inquest_real_user(void) { return getuid(); }
uint32_t inquest_real_group(void) { return getgid(); }

int64_t inquest_make_private_folder(const char *path) {
  if (mkdir(path, 0755) == 0) {
    /* Whatever the mask of the process is: children that act as another user read it too. */
    if (chmod(path, 0755) != 0) return -errno;
  } else if (errno != EEXIST) {
    return -errno;
  }
  struct stat status;
  if (lstat(path, &status) != 0) return -errno;
  if (!S_ISDIR(status.st_mode)) return -ENOTDIR;
  return status.st_uid == geteuid() && (status.st_mode & 022) == 0 ? 0 : -EPERM;
}

int64_t inquest_place_file(const char *path, const void *bytes, uint64_t size) {
  char temporary[PATH_MAX];
  int length = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
  if (length < 0 || (size_t)length >= sizeof temporary) return -ENAMETOOLONG;
  int fd = mkostemp(temporary, O_CLOEXEC);
  if (fd < 0) return -errno;
  int64_t result = 0;
  for (uint64_t done = 0; done < size && result == 0;) {
    ssize_t count = write(fd, (const char *)bytes + done, size - done);
    if (count > 0)
      done += (uint64_t)count;
    else if (count == 0 || errno != EINTR)
      result = count == 0 ? -EIO : -errno;
  }
  if (result == 0 && fchmod(fd, 0755) != 0) result = -errno;
  if (close(fd) != 0 && result == 0) result = -errno;
  if (result == 0 && rename(temporary, path) != 0) result = -errno;
  if (result != 0) unlink(temporary);
  return result;
}

int64_t inquest_may_map_code(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
  int64_t result = code == MAP_FAILED ? -errno : 0;
  if (code != MAP_FAILED) munmap(code, 4096);
  close(fd);
  return result;
}

int64_t inquest_prepare_log(const char *path, char *place, uint64_t size) {
  int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
  if (fd < 0) return -errno;
  close(fd);
  char resolved[PATH_MAX];
  /* A name of a pipe has no path ("/dev/stderr"): it stays as it was given, if it says where it is. */
  if (realpath(path, resolved) == NULL && (path[0] != '/' || snprintf(resolved, sizeof resolved, "%s", path) >= PATH_MAX))
    return -errno;
  int length = snprintf(place, size, "%s", resolved);
  return length < 0 || (uint64_t)length >= size ? -ENAMETOOLONG : 0;
}

int64_t inquest_become(const char *path, const char *const *arguments, const char *const *environment) {
  inquest_restore_signals();
  execve(path, (char *const *)arguments, (char *const *)environment);
  return -errno;
}
