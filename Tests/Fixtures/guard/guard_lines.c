/* A program of which the guard has a line to tell (setenv beside other threads), where that cannot be written as usual. It does its
   work all the same, and ends with "well".
   usage: guard_lines plain|gone|limit|nobody|nobody-late|root-late|descriptors|closed|replaced|sandbox */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_over;
static void *waits(void *unused) {
  while (!__atomic_load_n(&is_over, __ATOMIC_ACQUIRE)) usleep(1000);
  return unused;
}

static int drop(void) { return setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0; }

static int take_all_descriptors(void) {
  struct rlimit limit = {64, 65};
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  while (open("/dev/null", O_RDONLY) >= 0) continue;
  return errno == EMFILE;
}

#define ALLOWED(number) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* From now on the program may write and end, and dies of any other system call. */
static int enter_sandbox(void) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)), ALLOWED(SYS_write), ALLOWED(SYS_exit_group),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)};
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* Every descriptor behind the first three becomes a file of the program's own. */
static int replace_all(const char *path) {
  /* The guard has opened its log before. */
  if (seteuid(geteuid()) != 0) return 0;
  int own = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  for (int descriptor = 3; descriptor < 1024; descriptor++)
    if (descriptor != own && dup2(own, descriptor) < 0) return 0;
  return own >= 0;
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "", *again[] = {argv[0], "plain", NULL};
  int ends[2], is_ready = 1;
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_DFL);
  if (strcmp(mode, "gone") == 0 || strcmp(mode, "limit") == 0 || strcmp(mode, "nobody") == 0) {
    struct rlimit none = {0, 0};
    if (mode[0] == 'g') is_ready = pipe(ends) == 0 && close(ends[0]) == 0 && dup2(ends[1], 2) == 2;
    if (mode[0] == 'l') is_ready = setrlimit(RLIMIT_FSIZE, &none) == 0;
    if (mode[0] == 'n') is_ready = drop();
    if (is_ready) execv("/proc/self/exe", (char **)again);
    return 3;
  }
  if (strcmp(mode, "nobody-late") == 0) is_ready = drop();
  if (strcmp(mode, "root-late") == 0) is_ready = chroot("/proc/self/fdinfo") == 0;
  if (strcmp(mode, "descriptors") == 0) is_ready = take_all_descriptors();
  if (strcmp(mode, "closed") == 0) is_ready = close_range(3, ~0u, 0) == 0;
  if (strcmp(mode, "replaced") == 0) is_ready = replace_all(argv[2]);
  if (!is_ready) return 3;
  if (strcmp(mode, "sandbox") == 0) return enter_sandbox() && getenv("PATH") != NULL && write(1, "well\n", 5) == 5 ? 0 : 3;
  pthread_t threads[2];
  for (int index = 0; index < 2; index++) pthread_create(&threads[index], NULL, waits, NULL);
  setenv("SET", "1", 1);
  __atomic_store_n(&is_over, 1, __ATOMIC_RELEASE);
  for (int index = 0; index < 2; index++) pthread_join(threads[index], NULL);
  const char *word = "well\n";
  /* Not by stdio: RLIMIT_FSIZE is for whatever standard output is. */
  if (write(1, word, strlen(word)) < 0) return 4;
  return 0;
}
