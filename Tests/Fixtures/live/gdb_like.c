// A program with the name of one that traces others, and what it does with ptrace, one way a MODE: its child asks for it
// ("me"), it takes its child ("seize"), it asks for nobody there is ("nobody"), it traces nothing ("nothing"). Ends with the
// errno that it got, 7 for none.
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  int status, result = 0;
  errno = 7;
  if (strcmp(mode, "nobody") == 0) result = (int)ptrace(PTRACE_SEIZE, 4194304, 0, 0);
  if (strcmp(mode, "me") == 0 || strcmp(mode, "seize") == 0) {
    pid_t child = fork();
    if (child == 0) {
      if (strcmp(mode, "me") == 0) _exit(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 ? 7 : errno);
      for (;;) pause();
    }
    if (strcmp(mode, "seize") == 0) {
      result = (int)ptrace(PTRACE_SEIZE, child, 0, 0);
      if (result == 0) errno = 7;
      int error = errno;
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return error;
    }
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  }
  return result == 0 ? 7 : errno;
}
