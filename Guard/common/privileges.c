/* The functions by which a program gives up what it may do: before that the log is opened, which it may not be afterwards. They do
   what libc's do. */

#define _GNU_SOURCE
#include <errno.h>
#include <unistd.h>

#include "guard.h"
#include "log.h"
#include "next.h"

static int without_libc(void) {
  errno = ENOSYS;
  return -1;
}

#define HOLDING(function, parameters, arguments)                   \
  EXPORTED int function parameters {                               \
    __typeof__(&function) libcs = next_as(function);               \
    log_hold();                                                    \
    return libcs != NULL ? libcs arguments : without_libc();       \
  }

HOLDING(setuid, (uid_t user), (user))
HOLDING(seteuid, (uid_t user), (user))
HOLDING(setreuid, (uid_t real, uid_t effective), (real, effective))
HOLDING(setresuid, (uid_t real, uid_t effective, uid_t saved), (real, effective, saved))
HOLDING(chroot, (const char *path), (path))
