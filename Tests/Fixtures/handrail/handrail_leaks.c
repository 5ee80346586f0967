// Shows what is lost of what threads were getting when they were cancelled: KIND (open, openat, accept, accept4, read) COUNT.
// By libc's threads (-DLIBC_ALONE), or by Handrail's. The program is correct: all that it gets it gives back.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static const char *kind;
static int pipe_ends[2], listener;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static socklen_t address_length;
static volatile int got, is_over, is_paused, has_paused;
static volatile long written;

#ifdef LIBC_ALONE
static void close_it(void *file) {
  if (*(volatile int *)file >= 0) close(*(volatile int *)file);
}

static int get(void) {
  char byte;
  if (!strcmp(kind, "open")) return open("/dev/null", O_RDONLY);
  if (!strcmp(kind, "openat")) return openat(AT_FDCWD, "/dev/null", O_RDONLY);
  if (!strcmp(kind, "accept")) return accept(listener, NULL, NULL);
  if (!strcmp(kind, "accept4")) return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  return read(pipe_ends[0], &byte, 1) == 1 ? -2 : -1;
}

static void *work(void *context) {
  (void)context;
  for (;;) {
    volatile int file = -1;
    pthread_cleanup_push(close_it, (void *)&file);
    file = get();
    if (file == -2) got++;
    else if (file >= 0) got++;
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    if (file >= 0) close(file);
    file = -1;
    pthread_setcancelstate(state, NULL);
    pthread_cleanup_pop(0);
  }
  return NULL;
}
#else
#include "../../../Sources/CHandrail/include/CHandrail.h"

static long get(void) {
  char byte;
  if (!strncmp(kind, "open", 4)) return handrail_call(SYS_openat, AT_FDCWD, (long)"/dev/null", O_RDONLY, 0, 0, 0);
  if (!strncmp(kind, "accept", 6)) return handrail_call(SYS_accept4, listener, 0, 0, SOCK_CLOEXEC, 0, 0);
  long count = handrail_call(SYS_read, pipe_ends[0], (long)&byte, 1, 0, 0, 0);
  return count == 1 ? -2 : count;
}

static void work(void *context) {
  (void)context;
  for (long file; (file = get()) != HANDRAIL_CANCELLED;) {
    if (file == -2 || file >= 0) got++;
    if (file >= 0) close((int)file);
  }
}

static void nothing(void *context) { (void)context; }
#endif

static void *feed(void *context) {
  (void)context;
  char bytes[64] = {0};
  while (!is_over) {
    while (is_paused && !is_over) {
      has_paused = 1;
      sched_yield();
    }
    has_paused = 0;
    if (!strcmp(kind, "read")) {
      ssize_t count = write(pipe_ends[1], bytes, sizeof bytes);
      if (count > 0) written += count;
    } else if (!strncmp(kind, "accept", 6)) {
      int client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
      if (connect(client, (struct sockaddr *)&address, address_length) != 0) sched_yield();
      close(client);
    } else {
      break;
    }
  }
  return NULL;
}

static int descriptors(void) {
  int count = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (readdir(folder) != NULL) count++;
  closedir(folder);
  return count;
}

/* 1 where it was cancelled. */
static int cancel_one(int turn) {
  got = 0;
#ifdef LIBC_ALONE
  pthread_t thread;
  void *result;
  if (pthread_create(&thread, NULL, work, NULL) != 0) exit(4);
#else
  struct handrail_thread *thread;
  if (handrail_thread_create(&thread, 0, NULL, work, nothing, NULL) != 0) exit(4);
#endif
  while (got == 0) sched_yield();
  for (volatile int spin = 0; spin < turn * 7919 % 4000; spin++) {}
#ifdef LIBC_ALONE
  pthread_cancel(thread);
  pthread_join(thread, &result);
  return result == PTHREAD_CANCELED;
#else
  handrail_thread_cancel(thread);
  int is_right = handrail_thread_join(thread) == 0 && handrail_thread_was_cancelled(thread);
  handrail_thread_release(thread);
  return is_right;
#endif
}

int main(int count, char **words) {
  if (count < 3) return 64;
  kind = words[1];
  int rounds = atoi(words[2]), cancelled = 0;
  long lost = 0, taken = 0;
  if (pipe(pipe_ends) != 0) return 3;
  fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK);
  listener = socket(AF_UNIX, SOCK_STREAM, 0);
  address_length = (socklen_t)(3 + snprintf(address.sun_path + 1, 60, "handrail-leaks-%d", getpid()));
  if (bind(listener, (struct sockaddr *)&address, address_length) != 0 || listen(listener, 64) != 0) return 3;
  int before = descriptors();
  pthread_t feeder;
  pthread_create(&feeder, NULL, feed, NULL);
  for (int round = 0; round < rounds; round++) {
    cancelled += cancel_one(round);
    if (strcmp(kind, "read")) continue;
    int left = 0;
    is_paused = 1;
    while (!has_paused) sched_yield();
    ioctl(pipe_ends[0], FIONREAD, &left);
    taken += got;
    lost += written - taken - left;
    taken += written - taken - left;
    is_paused = has_paused = 0;
  }
  is_over = 1;
  pthread_join(feeder, NULL);
  if (strcmp(kind, "read")) lost = descriptors() - before;
  printf("%d cancelled, %ld lost, %d not cancelled\n", rounds, lost, rounds - cancelled);
  return 0;
}
