// Shows that threads which wait for ever in a call of Handrail's are woken by a cancellation, COUNT times: also where a sanitizer
// keeps signals back until libc is called.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../../Sources/CHandrail/include/CHandrail.h"

static int pipe_ends[2];

static void read_for_ever(void *context) {
  char byte;
  *(long *)context = handrail_call(SYS_read, pipe_ends[0], (long)&byte, 1, 0, 0, 0);
}

static void nothing(void *context) { (void)context; }

int main(int count, char **words) {
  int turns = count > 1 ? atoi(words[1]) : 10, woken = 0;
  if (pipe(pipe_ends) != 0) return 2;
  for (int turn = 0; turn < turns; turn++) {
    struct handrail_thread *thread;
    long result = 0;
    if (handrail_thread_create(&thread, 0, NULL, read_for_ever, nothing, &result) != 0) return 2;
    usleep(turn % 3 * 1000);
    handrail_thread_cancel(thread);
    woken += handrail_thread_join(thread) == 0 && result == HANDRAIL_CANCELLED;
    handrail_thread_release(thread);
  }
  printf("%d woken of %d\n", woken, turns);
  return 0;
}
