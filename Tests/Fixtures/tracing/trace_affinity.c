// Shows that a program which makes many calls finds its affinity untouched wherever it looks, under a tracer that moves it:
// in its own thread, in /proc, in a child and in a thread that it makes. Ends with the number of the look that differed.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static cpu_set_t at_first;
static char line_at_first[256];

static void make_calls(void) {
  for (int i = 0; i < 1000; i++) {
    syscall(SYS_getppid);
    close(open("/dev/null", O_RDONLY));
  }
}

static int differs(void) {
  cpu_set_t now;
  CPU_ZERO(&now);
  return sched_getaffinity(0, sizeof now, &now) != 0 || !CPU_EQUAL(&now, &at_first);
}

/* The line as of long after the file was opened. */
static int read_line(const char *path, char *line, size_t size) {
  FILE *file = fopen(path, "r");
  if (file == NULL) return 1;
  make_calls();
  while (fgets(line, (int)size, file) != NULL)
    if (strncmp(line, "Cpus_allowed:", 13) == 0) return fclose(file);
  fclose(file);
  return 1;
}

/* A process that has such a file open is let alone as long as it lives: so each look at one is a child's. */
static int line_differs(const char *folder, const char *path) {
  int status = 0;
  pid_t child = fork();
  if (child == 0) {
    char line[256];
    make_calls();
    if (chdir(folder) != 0) _exit(99);
    make_calls();
    _exit(read_line(path, line, sizeof line) || strcmp(line, line_at_first) != 0);
  }
  return waitpid(child, &status, 0) != child || status != 0;
}

static int note_line(void) {
  FILE *pipe = popen("grep Cpus_allowed: /proc/self/status", "r");
  return pipe == NULL || fgets(line_at_first, sizeof line_at_first, pipe) == NULL || pclose(pipe) != 0;
}

static void *look(void *unused) { return differs() ? &at_first : NULL; }

int main(void) {
  CPU_ZERO(&at_first);
  if (sched_getaffinity(0, sizeof at_first, &at_first) != 0 || note_line()) return 99;
  for (int round = 0; round < 3; round++) {
    make_calls();
    if (differs()) return 1;
    if (line_differs("/", "/proc/thread-self/status")) return 2;
    if (line_differs("/proc/self", "../thread-self/status")) return 6;
    make_calls();
    int status = 0;
    pid_t child = fork();
    if (child == 0) _exit(differs());
    if (waitpid(child, &status, 0) != child || status != 0) return 3;
    make_calls();
    pthread_t thread;
    void *result = NULL;
    if (pthread_create(&thread, NULL, look, NULL) != 0 || pthread_join(thread, &result) != 0 || result != NULL) return 4;
    // What it asks for itself is kept.
    make_calls();
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int processor = 0; processor < CPU_SETSIZE; processor++)
      if (CPU_ISSET(processor, &at_first)) CPU_SET(processor, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0 || differs()) return 5;
  }
  return 0;
}
