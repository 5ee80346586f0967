/* Threads that open, accept or read in a loop, each of which is cancelled at some moment: correct by POSIX, since every
   result is stored and has a cleanup handler. Tells what was lost: descriptors, bytes of a pipe, cancellations.
   With `signals`, handlers of another signal run over all of this.
   usage: guard_leaks open|openat|creat|accept|accept4|read COUNT [signals] */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int listener, pipe_ends[2];
static struct sockaddr_un address;
static socklen_t address_length;
static const char *what;
static atomic_long rounds, bytes_read, bytes_written;
static atomic_int is_over;

static void close_kept(void *kept) {
  int descriptor = *(volatile int *)kept;
  if (descriptor >= 0) close(descriptor);
}

static int obtain(void) {
  if (!strcmp(what, "open")) return open("/dev/null", O_RDONLY);
  if (!strcmp(what, "openat")) return openat(AT_FDCWD, "/dev/null", O_RDONLY);
  if (!strcmp(what, "creat")) return creat("/dev/null", 0600);
  if (!strcmp(what, "accept")) return accept(listener, NULL, NULL);
  return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

static void *opens(void *unused) {
  (void)unused;
  volatile int kept = -1;
  pthread_cleanup_push(close_kept, (void *)&kept);
  for (;;) {
    kept = obtain();
    atomic_fetch_add(&rounds, 1);
    int descriptor = kept;
    if (descriptor < 0) continue;
    /* close may be cancelled too, before it has begun: then the handler closes it. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    close(descriptor);
    kept = -1;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
  }
  pthread_cleanup_pop(1);
  return NULL;
}

/* What was read and not counted yet is counted by the handler. */
static void count(void *pending) { atomic_fetch_add(&bytes_read, *(volatile long *)pending); }

static void *reads(void *unused) {
  (void)unused;
  volatile long pending = 0;
  pthread_cleanup_push(count, (void *)&pending);
  for (;;) {
    char byte;
    long result = read(pipe_ends[0], &byte, 1);
    atomic_fetch_add(&rounds, 1);
    if (result > 0) atomic_fetch_add(&bytes_read, result);
  }
  pthread_cleanup_pop(1);
  return NULL;
}

static void *feeds(void *unused) {
  (void)unused;
  while (!is_over) {
    if (!strcmp(what, "read")) {
      if (write(pipe_ends[1], "xxxxxxxxxxxxxxxx", 16) == 16) atomic_fetch_add(&bytes_written, 16);
      continue;
    }
    /* Whoever is refused since too many wait tries again. */
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    connect(descriptor, (struct sockaddr *)&address, address_length);
    close(descriptor);
  }
  return NULL;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_t current;
static int has_current;
static atomic_long handled;

static void handler(int number) {
  (void)number;
  for (volatile int turns = 0; turns < 300; turns++) continue;
  atomic_fetch_add(&handled, 1);
}

static void *disturbs(void *unused) {
  (void)unused;
  for (unsigned wait = 1; !is_over; wait = wait * 1103515245 + 12345) {
    for (volatile unsigned turns = wait >> 20; turns > 0; turns--) continue;
    pthread_mutex_lock(&mutex);
    if (has_current) pthread_kill(current, SIGUSR1);
    pthread_mutex_unlock(&mutex);
  }
  return NULL;
}

static void disturb(pthread_t *thread) {
  pthread_mutex_lock(&mutex);
  has_current = thread != NULL;
  if (thread != NULL) current = *thread;
  pthread_mutex_unlock(&mutex);
}

static long open_descriptors(void) {
  DIR *folder = opendir("/proc/self/fd");
  long count = 0;
  while (readdir(folder) != NULL) count++;
  closedir(folder);
  return count;
}

int main(int argc, char **argv) {
  if (argc < 3) return 64;
  what = argv[1];
  long wanted = atol(argv[2]), lost = 0;
  int is_reading = !strcmp(what, "read"), is_accepting = !strncmp(what, "accept", 6);
  int is_disturbed = argc > 3;
  pthread_t feeder, thread, disturber;
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &action, NULL);
  listener = socket(AF_UNIX, SOCK_STREAM, 0);
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "guard-leaks-%d", (int)getpid());
  address_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address.sun_path + 1));
  if (bind(listener, (struct sockaddr *)&address, address_length) != 0 || listen(listener, 64) != 0) return 2;
  if (pipe(pipe_ends) != 0) return 2;
  long before = open_descriptors();
  if (is_reading || is_accepting) pthread_create(&feeder, NULL, feeds, NULL);
  if (is_disturbed) pthread_create(&disturber, NULL, disturbs, NULL);
  for (long done = 0; done < wanted; done++) {
    long seen = atomic_load(&rounds);
    if (pthread_create(&thread, NULL, is_reading ? reads : opens, NULL) != 0) return 3;
    if (is_disturbed) disturb(&thread);
    /* At any moment of a round, but not before the first. */
    while (atomic_load(&rounds) == seen) sched_yield();
    for (volatile long wait = (done * 7919) % 4000; wait > 0; wait--) continue;
    pthread_cancel(thread);
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 10;
    void *result = NULL;
    if (is_disturbed) {
      for (volatile long wait = (done * 104729) % 3000; wait > 0; wait--) continue;
      disturb(NULL);
    }
    if (pthread_timedjoin_np(thread, &result, &deadline) != 0) {
      printf("a cancellation was lost\n");
      return 1;
    }
    if (result != PTHREAD_CANCELED) lost++;
  }
  is_over = 1;
  if (is_disturbed) pthread_join(disturber, NULL);
  if (is_reading) {
    /* The feeder may wait for space; what is left in the pipe was not lost. */
    char bytes[4096];
    fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK);
    struct timespec moment = {0, 20000000};
    for (int quiet = 0; quiet < 3;) {
      long result = read(pipe_ends[0], bytes, sizeof bytes);
      if (result > 0) atomic_fetch_add(&bytes_read, result);
      quiet = result > 0 ? 0 : quiet + 1;
      if (result <= 0) nanosleep(&moment, NULL);
    }
    pthread_join(feeder, NULL);
    for (long result; (result = read(pipe_ends[0], bytes, sizeof bytes)) > 0;) atomic_fetch_add(&bytes_read, result);
    printf("%s: %ld cancellations, %ld bytes lost, %ld cancellations lost\n", what, wanted, bytes_written - bytes_read, lost);
    return bytes_written != bytes_read || lost;
  }
  if (is_accepting) pthread_join(feeder, NULL);
  long leaked = open_descriptors() - before;
  printf("%s: %ld cancellations, %ld descriptors lost, %ld cancellations lost\n", what, wanted, leaked, lost);
  return leaked != 0 || lost != 0;
}
