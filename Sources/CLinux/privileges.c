#define _GNU_SOURCE
#include "privileges.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

int64_t inquest_privileges_of(const char *path, struct inquest_privileges *privileges) {
  struct stat status;
  struct statvfs system;
  memset(privileges, 0, sizeof *privileges);
  if (stat(path, &status) != 0) return -errno;
  privileges->mode = status.st_mode;
  privileges->user = status.st_uid;
  privileges->group = status.st_gid;
  /* include/uapi/linux/capability.h, struct vfs_cap_data: the magic number, then permitted and inheritable ones of the
     lower half, and of the upper. VFS_CAP_REVISION_2 is 0x02000000. Little endian, whatever the processor. */
  unsigned char data[20];
  if (getxattr(path, "security.capability", data, sizeof data) == (ssize_t)sizeof data && data[3] == 2)
    for (int index = 0; index < 4; index++) {
      privileges->capabilities |= (uint64_t)data[4 + index] << (8 * index);
      privileges->capabilities |= (uint64_t)data[12 + index] << (8 * index + 32);
    }
  /* Asked only where it matters: few programs have any. */
  if ((status.st_mode & (S_ISUID | S_ISGID)) == 0 && privileges->capabilities == 0) return 0;
  if (statvfs(path, &system) != 0) return -errno;
  privileges->is_nosuid = (system.f_flag & ST_NOSUID) != 0;
  return 0;
}
