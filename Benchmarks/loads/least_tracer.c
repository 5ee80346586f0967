// least_tracer COMMAND...: the least that a tracer of all system calls does: it waits for a stop, asks what the call is, and lets
// the thread go on. It shows nothing, reads no memory, and stays on one processor with the program, as is best where tracer
// and program take turns.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  (void)argc;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  sched_setaffinity(0, sizeof one, &one);
  pid_t child = fork();
  if (child == 0) {
    raise(SIGSTOP);
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  int status = 0, result = 1;
  long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                 PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  if (waitpid(child, &status, WUNTRACED) != child || ptrace(PTRACE_SEIZE, child, 0, options) != 0) return 1;
  kill(child, SIGCONT);
  for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0;) {
    if (!WIFSTOPPED(status)) {
      if (thread == child) result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      continue;
    }
    int number = WSTOPSIG(status), is_event = status >> 16;
    if (number == (SIGTRAP | 0x80)) {
      struct __ptrace_syscall_info call;
      ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof call, &call);
      number = 0;
    } else if (is_event) {
      number = 0;
    }
    ptrace(PTRACE_SYSCALL, thread, 0, number);
  }
  return result;
}
