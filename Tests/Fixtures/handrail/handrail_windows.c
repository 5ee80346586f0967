// Shows what a cancellation does at each instruction of Handrail's system-call routine: the thread is stopped there by
// ptrace, cancelled, and let go. Says what came of it, a line an instruction. x86-64 only. With "musl" or glibc alike.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../Sources/CHandrail/include/CHandrail.h"

extern const char handrail_cancellable_call[], handrail_call_begin[], handrail_call_end[];

struct outcome {
  long first, second;
  int descriptors;
};

static volatile int go;
static struct outcome outcome;
static const char *kind;
static int pipe_ends[2];

static int open_descriptors(void) {
  int count = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (readdir(folder) != NULL) count++;
  closedir(folder);
  return count;
}

static void work(void *context) {
  (void)context;
  while (!go) usleep(1000);
  char byte = 0;
  if (strcmp(kind, "open") == 0)
    outcome.first = handrail_call(SYS_openat, AT_FDCWD, (long)"/dev/null", O_RDONLY, 0, 0, 0);
  else
    outcome.first = handrail_call(SYS_read, pipe_ends[0], (long)&byte, 1, 0, 0, 0);
  outcome.second = handrail_cancellation_point();
  if (strcmp(kind, "open") == 0 && outcome.first >= 0) close((int)outcome.first);
}

static void release(void *context) { (void)context; }

static void tell(int to, const void *bytes, size_t size) {
  if (write(to, bytes, size) != (ssize_t)size) _exit(3);
}

static void ask(int from, void *bytes, size_t size) {
  if (read(from, bytes, size) != (ssize_t)size) {
    puts("a process of the trial has ended early");
    exit(2);
  }
}

static int victim(int from, int to) {
  struct handrail_thread *thread;
  if (pipe(pipe_ends) != 0 || write(pipe_ends[1], "b", 1) != 1) return 4;
  int before = open_descriptors();
  if (handrail_thread_create(&thread, 0, "worker", work, release, NULL) != 0) return 5;
  int id;
  while ((id = handrail_thread_id(thread)) == 0) usleep(1000);
  tell(to, &id, sizeof id);
  char command;
  ask(from, &command, 1);
  go = 1;
  ask(from, &command, 1);
  handrail_thread_cancel(thread);
  tell(to, "k", 1);
  handrail_thread_join(thread);
  outcome.descriptors = open_descriptors() - before;
  if (strcmp(kind, "read") == 0) {
    /* The byte is in the pipe, or the thread has it. */
    char byte;
    fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK);
    long left = read(pipe_ends[0], &byte, 1);
    outcome.descriptors += (outcome.first == 1) + (left == 1) == 1 ? 0 : 100;
  }
  tell(to, &outcome, sizeof outcome);
  return 0;
}

static int wait_for_stop(int thread) {
  int status;
  if (waitpid(thread, &status, __WALL) != thread) exit(6);
  return status;
}

/* Returns 0 when there are no more instructions to try. */
static int at_step(int steps) {
  int down[2], up[2];
  if (pipe(down) != 0 || pipe(up) != 0) exit(7);
  pid_t child = fork();
  if (child == 0) _exit(victim(down[0], up[1]));
  int thread;
  ask(up[0], &thread, sizeof thread);
  if (ptrace(PTRACE_SEIZE, thread, 0, 0) != 0 || ptrace(PTRACE_INTERRUPT, thread, 0, 0) != 0) exit(8);
  wait_for_stop(thread);
  long entry = (long)handrail_cancellable_call, word = ptrace(PTRACE_PEEKTEXT, thread, entry, 0);
  ptrace(PTRACE_POKETEXT, thread, entry, (word & ~0xffL) | 0xcc);
  ptrace(PTRACE_CONT, thread, 0, 0);
  tell(down[1], "g", 1);
  while (WSTOPSIG(wait_for_stop(thread)) != SIGTRAP) ptrace(PTRACE_CONT, thread, 0, 0);
  struct user_regs_struct registers;
  ptrace(PTRACE_GETREGS, thread, 0, &registers);
  registers.rip--;
  ptrace(PTRACE_SETREGS, thread, 0, &registers);
  ptrace(PTRACE_POKETEXT, thread, entry, word);
  for (int step = 0; step < steps; step++) {
    ptrace(PTRACE_SINGLESTEP, thread, 0, 0);
    wait_for_stop(thread);
  }
  ptrace(PTRACE_GETREGS, thread, 0, &registers);
  char answer;
  tell(down[1], "c", 1);
  ask(up[0], &answer, 1);
  ptrace(PTRACE_CONT, thread, 0, 0);
  for (int status; !WIFEXITED(status = wait_for_stop(thread));) ptrace(PTRACE_CONT, thread, 0, WSTOPSIG(status));
  struct outcome came;
  ask(up[0], &came, sizeof came);
  int status;
  waitpid(child, &status, 0);
  int is_before = (long)registers.rip < (long)handrail_call_end && (long)registers.rip >= entry;
  int is_right = is_before ? came.first == HANDRAIL_CANCELLED && came.descriptors == 0
                           : came.first >= 0 && came.second == HANDRAIL_CANCELLED && came.descriptors == 0;
  printf("%s %s, %d bytes %s the end: %s, %s%s\n", is_right ? "right:" : "WRONG:", kind,
         abs((int)((long)registers.rip - (long)handrail_call_end)),
         (long)registers.rip < (long)handrail_call_end ? "before" : "from",
         came.first == HANDRAIL_CANCELLED ? "cancelled" : "returned",
         came.second == HANDRAIL_CANCELLED ? "cancelled at the next point" : "not cancelled then",
         came.descriptors == 0 ? "" : ", something was lost");
  close(down[0]), close(down[1]), close(up[0]), close(up[1]);
  return steps < 24;
}

int main(int count, char **words) {
  kind = count > 1 ? words[1] : "open";
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int steps = 0; at_step(steps); steps++) {}
  return 0;
}
