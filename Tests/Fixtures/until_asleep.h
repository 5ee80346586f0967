// What a fixture waits for in place of a time that would be too short on a busy machine: that others have come to a point
// (`step`, `until_steps`), or that they sleep where they are to stay. Gives up after ten seconds: the test says what lacks.
#ifndef UNTIL_ASLEEP_H
#define UNTIL_ASLEEP_H
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define A_HELPER static __attribute__((unused))

static int steps_done;
// How many threads are within one of these waits: they sleep, but not to stay.
static int on_their_way;

A_HELPER void rest_for(long milliseconds) {
  struct timespec time = {0, milliseconds * 1000000};
  nanosleep(&time, NULL);
}

// A step that somebody waits for.
A_HELPER void step(void) { __atomic_add_fetch(&steps_done, 1, __ATOMIC_SEQ_CST); }

A_HELPER void until_steps(int count) {
  __atomic_add_fetch(&on_their_way, 1, __ATOMIC_SEQ_CST);
  for (int turn = 0; turn < 10000 && __atomic_load_n(&steps_done, __ATOMIC_SEQ_CST) < count; turn++) rest_for(1);
  __atomic_sub_fetch(&on_their_way, 1, __ATOMIC_SEQ_CST);
}

// Has a lock, and goes on when so many threads have theirs.
A_HELPER void when_held_by(int count) {
  step();
  until_steps(count);
}

A_HELPER long text_of(const char *path, char *text, size_t room) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  long length = (long)read(file, text, room - 1);
  close(file);
  text[length > 0 ? length : 0] = 0;
  return length;
}

// Puts into `mark` in which call a thread sleeps, and with which arguments; 0 where it does not, or is not there.
// One that has run for a third of a second is taken for one that runs for good.
A_HELPER int sleeps_in(int process, int thread, unsigned long *mark) {
  char path[64], text[256];
  snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", process, thread);
  long length = text_of(path, text, sizeof text);
  if (length <= 0) return length == 0;
  if (strncmp(text, "running", 7) == 0) {
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", process, thread);
    if (text_of(path, text, sizeof text) <= 0 || strtoull(text, NULL, 10) < 300000000ull) return 0;
    snprintf(text, sizeof text, "runs");
  }
  for (const char *byte = text; *byte != 0; byte++) *mark = (*mark ^ (unsigned char)*byte) * 0x100000001b3ul;
  return 1;
}

// Waits until a thread sleeps in a call that it is to stay in.
A_HELPER void until_asleep(int process, int thread) {
  unsigned long before = 0;
  __atomic_add_fetch(&on_their_way, 1, __ATOMIC_SEQ_CST);
  for (int turn = 0; turn < 500; turn++) {
    unsigned long now = 1;
    if (!sleeps_in(process, thread, &now)) now = 0;
    if (now != 0 && now == before) break;
    before = now;
    rest_for(20);
  }
  __atomic_sub_fetch(&on_their_way, 1, __ATOMIC_SEQ_CST);
}

// Waits until the calling thread is the only one, for ten seconds at most.
A_HELPER void until_alone(void) {
  char text[4096], *count;
  for (int turn = 0; turn < 10000; turn++, rest_for(1))
    if (text_of("/proc/self/status", text, sizeof text) > 0 && (count = strstr(text, "\nThreads:\t")) != NULL &&
        atoi(count + 10) == 1)
      return;
}

// What all other threads of this process sleep in; 0 where one of them does not. Not by opendir, which would allocate.
A_HELPER unsigned long all_asleep(void) {
  struct entry {
    unsigned long long node, next;
    unsigned short length;
    unsigned char type;
    char name[1];
  };
  if (__atomic_load_n(&on_their_way, __ATOMIC_SEQ_CST) != 0) return 0;
  unsigned long mark = 1;
  char entries[2048];
  int process = getpid(), self = (int)syscall(SYS_gettid), folder = open("/proc/self/task", O_RDONLY | O_DIRECTORY);
  if (folder < 0) return 0;
  long length;
  while (mark != 0 && (length = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0) {
    for (long place = 0; place < length && mark != 0;) {
      const struct entry *entry = (const struct entry *)(entries + place);
      int thread = atoi(entry->name);
      if (thread > 0 && thread != self && !sleeps_in(process, thread, &mark)) mark = 0;
      place += entry->length;
    }
  }
  close(folder);
  return mark;
}

// Waits until all other threads of this process sleep in calls that they are to stay in.
A_HELPER void until_all_asleep(void) {
  unsigned long before = 0;
  for (int turn = 0; turn < 500; turn++) {
    unsigned long now = all_asleep();
    if (now != 0 && now == before) return;
    before = now;
    rest_for(20);
  }
}
#endif
