// Shows a process with thousands of threads, each waiting at the end of its own chain of calls, and a null write
// in main. Arguments: the number of threads, and of calls in each. The two bodies a call can take are chosen by the
// bits of the thread's number, so that no two stacks are alike.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned calls;
static unsigned waiting;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_wait = PTHREAD_COND_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

__attribute__((noinline)) static unsigned wait_for_ever(void) {
  pthread_mutex_lock(&lock);
  waiting++;
  pthread_cond_signal(&all_wait);
  for (;;)
    pthread_cond_wait(&never, &lock);
}

static unsigned left(unsigned number, unsigned depth);
static unsigned right(unsigned number, unsigned depth);

// A macro, so that each call is one frame.
#define DEEPER(number, depth) \
  (depth + 2 >= calls ? wait_for_ever() : ((number >> depth % 16 & 1) ? right : left)(number, depth + 1))

__attribute__((noinline)) static unsigned left(unsigned number, unsigned depth) { return DEEPER(number, depth) + 1; }

__attribute__((noinline)) static unsigned right(unsigned number, unsigned depth) {
  volatile char room[64] = {(char)number};
  return DEEPER(number, depth) + (unsigned char)room[0];
}

static void *work(void *number) {
  left((unsigned)(size_t)number, 0);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc < 3)
    return 64;
  unsigned threads = (unsigned)atoi(argv[1]);
  calls = (unsigned)atoi(argv[2]);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 << 10);
  for (unsigned number = 0; number < threads; number++) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, work, (void *)(size_t)number) != 0) {
      fprintf(stderr, "thread %u was refused\n", number);
      return 1;
    }
  }
  pthread_mutex_lock(&lock);
  while (waiting < threads)
    pthread_cond_wait(&all_wait, &lock);
  pthread_mutex_unlock(&lock);
  *(volatile int *)argv[argc] = 1;
}
