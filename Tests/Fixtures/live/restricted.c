// Shows a host that forbids something: the system calls NAME,... fail with EPERM in the command that follows; "dumpable" makes
// this very process one that may not be looked at, which then prints "ready" and sleeps.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int number(const char *name) {
  if (!strcmp(name, "ptrace")) return SYS_ptrace;
  if (!strcmp(name, "process_vm_readv")) return SYS_process_vm_readv;
  if (!strcmp(name, "pidfd_getfd")) return 438;
  if (!strcmp(name, "kcmp")) return SYS_kcmp;
  return -1;
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "dumpable")) {
    prctl(PR_SET_DUMPABLE, 0);
    puts("ready");
    fflush(stdout);
    for (;;) pause();
  }
  if (argc < 3) return 99;
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  for (char *name = strtok(argv[1], ","); name; name = strtok(NULL, ",")) {
    if (number(name) < 0) return 99;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number(name), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof code / sizeof code[0], code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) return 98;
  }
  execvp(argv[2], argv + 2);
  return 97;
}
