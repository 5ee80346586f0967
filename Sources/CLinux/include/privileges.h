#ifndef INQUEST_PRIVILEGES_H
#define INQUEST_PRIVILEGES_H

#include <stdint.h>

/// What a program's file gives to whoever executes it (execve(2), capabilities(7)).
struct inquest_privileges {
  /// The mode, with S_ISUID and S_ISGID, and whom the file belongs to.
  uint32_t mode;
  uint32_t user;
  uint32_t group;
  /// Whether the file system that it lies on gives nothing (nosuid).
  int32_t is_nosuid;
  /// The permitted capabilities of the attribute security.capability; 0 where it has none, or one of a user namespace.
  uint64_t capabilities;
};

/// Asks for them. Returns 0, or -errno. The corresponding C functions are stat, statvfs and getxattr.
int64_t inquest_privileges_of(const char *path, struct inquest_privileges *privileges);

#endif
