// Instructions that end a program, one a MODE: traps, illegal and privileged instructions, divisions, forbidden
// system calls, signals sent.
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

volatile int zero;
volatile int smallest = INT_MIN, minus_one = -1;
volatile int sink;

static void forbid(void) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {4, program};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
  getppid();
}

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  if (!strcmp(mode, "trap")) __builtin_trap();
#ifdef __x86_64__
  if (!strcmp(mode, "illegal")) __asm__ volatile(".byte 0x06");
  if (!strcmp(mode, "privileged")) __asm__ volatile("hlt");
  if (!strcmp(mode, "int3")) __asm__ volatile("int3");
#endif
  if (!strcmp(mode, "division")) sink = smallest / zero;
  if (!strcmp(mode, "overflow")) sink = smallest / minus_one;
  if (!strcmp(mode, "forbidden")) forbid();
  if (!strcmp(mode, "killed")) {
    pid_t parent = getpid();
    if (fork() == 0) {
      kill(parent, SIGQUIT);
      _exit(0);
    }
    for (;;) pause();
  }
  if (!strcmp(mode, "processor-time")) {
    setrlimit(RLIMIT_CPU, &(struct rlimit){1, 60});
    for (;;) sink++;
  }
  if (!strcmp(mode, "raised")) raise(SIGQUIT);
  return 2;
}
