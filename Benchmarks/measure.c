// measure OUTPUT TIMEOUT COMMAND...: runs a command with its output in a file, and prints
// "seconds peak-KiB wait-status timed-out". A small program of its own, because the kernel's ru_maxrss counts what
// the process was before exec: a Python that starts another program gives it 20 MB.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile pid_t child;
static volatile sig_atomic_t timed_out;

static void expire(int signal) {
  (void)signal;
  timed_out = 1;
  kill(-child, SIGKILL);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc < 4)
    return 64;
  sigaction(SIGALRM, &(struct sigaction){.sa_handler = expire, .sa_flags = SA_RESTART}, NULL);
  double started = now();
  child = fork();
  if (child < 0) {
    perror("fork");
    return 71;
  }
  if (child == 0) {
    setpgid(0, 0);
    int output = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    int input = open("/dev/null", O_RDONLY);
    if (output < 0 || input < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
      _exit(71);
    execvp(argv[3], argv + 3);
    _exit(127);
  }
  setpgid(child, child);
  alarm((unsigned)atoi(argv[2]));
  int status;
  struct rusage usage;
  if (wait4(child, &status, 0, &usage) < 0) {
    perror("wait4");
    return 71;
  }
  printf("%f %ld %d %d\n", now() - started, usage.ru_maxrss, status, (int)timed_out);
  return 0;
}
