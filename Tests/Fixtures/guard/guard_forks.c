/* Forks beside threads that hold what a library's own handler of forks waits for, and forks in signal handlers over setenv. The
   library is this file with -DLIBRARY. Ends with "well", or of SIGALRM where two wait for each other.
   usage: guard_forks threads|environment|handler FORKS */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef LIBRARY

pthread_mutex_t pool = PTHREAD_MUTEX_INITIALIZER;
static void take(void) { pthread_mutex_lock(&pool); }
static void give(void) { pthread_mutex_unlock(&pool); }
__attribute__((constructor)) static void begin(void) { pthread_atfork(take, give, give); }

#else

extern pthread_mutex_t pool;
static volatile int is_over, forks;

static void *nothing(void *unused) { return unused; }

static void *makes_threads(void *unused) {
  pthread_t thread;
  while (!is_over) {
    pthread_mutex_lock(&pool);
    if (pthread_create(&thread, NULL, nothing, NULL) == 0) pthread_join(thread, NULL);
    pthread_mutex_unlock(&pool);
  }
  return unused;
}

static void *sets_variables(void *unused) {
  char value[24];
  for (long turn = 0; !is_over; turn++) {
    snprintf(value, sizeof value, "%ld", turn % 7);
    pthread_mutex_lock(&pool);
    setenv("POOL", value, 1);
    pthread_mutex_unlock(&pool);
    if (turn % 64 == 0) usleep(20);
  }
  return unused;
}

static void fork_once(int sets) {
  pid_t child = fork();
  if (child == 0) _exit(sets ? setenv("CHILD", "1", 1) : 0);
  waitpid(child, NULL, 0);
  forks++;
}

static void handler(int number) {
  (void)number;
  fork_once(0);
}

int main(int argc, char **argv) {
  if (argc < 3) return 64;
  int wanted = atoi(argv[2]);
  /* Whoever waits with its signals blocked is ended by the other one. */
  alarm(60);
  if (strcmp(argv[1], "handler") == 0) {
    char value[4096];
    memset(value, 'v', sizeof value);
    signal(SIGVTALRM, handler);
    struct itimerval often = {{0, 4000}, {0, 4000}};
    setitimer(ITIMER_VIRTUAL, &often, NULL);
    for (long turn = 0; forks < wanted; turn++) {
      snprintf(value + 3000, 1000, "%ld", turn % 5);
      setenv("LONG", value, 1);
    }
  } else {
    pthread_t thread;
    pthread_create(&thread, NULL, strcmp(argv[1], "threads") == 0 ? makes_threads : sets_variables, NULL);
    while (forks < wanted) fork_once(1);
    is_over = 1;
    pthread_join(thread, NULL);
  }
  puts("well");
  return 0;
}

#endif
