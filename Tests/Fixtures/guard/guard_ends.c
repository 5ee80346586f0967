// Threads that run out of stack one beside the other, again and again, and go on by siglongjmp; in a child of a fork; and
// with no descriptor left; one case a MODE.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { thread_count = 32 };
static volatile int never;
static sigjmp_buf places[thread_count];
static __thread long own;

__attribute__((noinline)) int deep(int turns) {
  volatile char frame[300];
  frame[turns % 300] = (char)turns;
  return never ? 0 : deep(turns + 1) + frame[0];
}

static void go_on(int number) {
  (void)number;
  siglongjmp(places[own], 1);
}

static void *recover(void *index) {
  own = (long)index;
  for (int round = 0; round < 20; round++)
    if (sigsetjmp(places[own], 1) == 0) deep(0);
  return 0;
}

static void *in_child(void *unused) {
  if (fork() == 0) deep(0);
  int status = 0;
  wait(&status);
  printf("the child died of %d\n", WTERMSIG(status));
  return unused;
}

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  pthread_t threads[thread_count];
  if (!strncmp(mode, "recover", 7)) {
    struct sigaction action = {.sa_handler = go_on, .sa_flags = strcmp(mode, "recover") ? SA_ONSTACK : 0};
    sigaction(SIGSEGV, &action, 0);
    for (long index = 0; index < thread_count; index++) pthread_create(&threads[index], 0, recover, (void *)index);
    for (int index = 0; index < thread_count; index++) pthread_join(threads[index], 0);
    puts("all went on");
    return 0;
  }
  if (!strcmp(mode, "fork")) {
    pthread_create(threads, 0, in_child, 0);
    pthread_join(threads[0], 0);
    return 0;
  }
  if (!strcmp(mode, "descriptors")) {
    while (open("/dev/null", O_RDONLY) >= 0) continue;
    return deep(0);
  }
  return 2;
}
