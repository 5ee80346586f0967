#ifndef INQUEST_GUARD_H
#define INQUEST_GUARD_H

/* What `inquest guard` asks of the kernel. Every function returns -errno where it fails. */

#include <stdint.h>

/// What is known of a file by its path, links followed.
struct inquest_file_facts {
  uint64_t size;
  /// Its kind and permissions, as st_mode has them.
  uint32_t mode;
  uint32_t user, group;
  /// Whether it has capabilities (security.capability); whether its file system ignores them and set-uid bits, or cannot
  /// be executed from.
  int32_t has_capabilities, ignores_privilege, forbids_execution;
};

/// Reads them. Returns 0, or -errno. The corresponding C functions are stat, getxattr and statvfs.
int64_t inquest_file_facts(const char *path, struct inquest_file_facts *facts);

/// 1 where this process may execute the file. The corresponding C function is faccessat with AT_EACCESS.
int32_t inquest_may_execute(const char *path);

/// The user and the group that this process acts for. The corresponding C functions are getuid and getgid.
uint32_t inquest_real_user(void);
uint32_t inquest_real_group(void);

/// Makes a folder that everybody may read and only we may write to, where it is not there yet. Returns 0, or -errno:
/// EPERM where it is there and others could write to it, or it is another's.
int64_t inquest_make_private_folder(const char *path);

/// Puts a file with `bytes` at `path` that everybody may read and execute, whole or not at all. Returns 0, or -errno.
int64_t inquest_place_file(const char *path, const void *bytes, uint64_t size);

/// Whether code of a file may be mapped: 0, or -errno (EPERM: its file system is mounted with noexec).
int64_t inquest_may_map_code(const char *path);

/// Opens a file to write at its end, makes it where it is not there, and puts its absolute path at `place`. Returns 0, or
/// -errno. The corresponding C functions are open and realpath.
int64_t inquest_prepare_log(const char *path, char *place, uint64_t size);

/// Becomes another program, with the signals that this process was given when it began. Returns -errno where that
/// fails. The corresponding C function is execve.
int64_t inquest_become(const char *path, const char *const *arguments, const char *const *environment);

#endif
