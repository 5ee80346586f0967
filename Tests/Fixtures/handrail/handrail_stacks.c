// Shows on which stacks Handrail's check goes on, and on which it takes a segment: of every kind and size, with what little
// there may be had. Prints what is wrong, and how much was tried. With "emulated" under qemu-user; with "untold" only the main
// thread's, where there is no /proc; with "keyless" where no thread's end is heard of.
#define _GNU_SOURCE
#include <alloca.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <ucontext.h>
#endif

#include "../../../Sources/CHandrail/include/CHandrail.h"

static int tried, wrong;
#define right(condition) (tried++, (condition) ? (void)0 : (void)(wrong++, printf("line %d: %s\n", __LINE__, #condition)))

static size_t segments(void) {
  size_t count, bytes;
  handrail_segments(&count, &bytes);
  return count;
}

static size_t segment_bytes(void) {
  size_t count, bytes;
  handrail_segments(&count, &bytes);
  return bytes;
}

static void count_segments(void *count) { *(size_t *)count = segments(); }
static void count_bytes(void *bytes) { *(size_t *)bytes = segment_bytes(); }
static void nothing(void *context) { (void)context; }

/* How many segments a function runs on that asks for so much. */
static size_t segments_for(size_t bytes) {
  size_t count = 99;
  right(handrail_with_room(bytes, 0, 0, count_segments, &count) == 0);
  return count;
}

static int on_thread(size_t size, void *(*body)(void *)) {
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, size);
  int error = pthread_create(&thread, &attributes, body, NULL);
  if (error == 0) pthread_join(thread, NULL);
  return error;
}

/* A check in a function that has more on its stack than at the check before. */
static __attribute__((noinline)) void grow_frame(size_t size) {
  long room = handrail_room();
  bool before = handrail_has_room((size_t)room - 4096);
  volatile char *frame = alloca(size);
  frame[0] = 1;
  right(before && !handrail_has_room((size_t)room - 4096));
}

static void *tiny(void *context) {
  (void)context;
  /* It has no room to give, and that is known. */
  right(handrail_room() == 0);
  right(segments_for(1000) == 1);
  right(segments_for(64 << 10) == 1);
  return NULL;
}

static void *small(void *context) {
  (void)context;
  enum { much = 256 << 10 };
  right(handrail_room() > 0 && handrail_room() < 256 << 10);
  right(segments_for(8 << 10) == 0);
  /* What a limit leaves is given, if it is enough. */
  size_t bytes = 0;
  right(handrail_with_room(much, 0, 600 << 10, count_bytes, &bytes) == 0 && bytes == 576 << 10);
  right(handrail_with_room(much, 0, 270 << 10, nothing, NULL) == EOVERFLOW);
  right(handrail_with_room(much, 0, 1, nothing, NULL) == EOVERFLOW);
  right(handrail_with_room(much, 800 << 10, 600 << 10, count_bytes, &bytes) == 0 && bytes <= 600 << 10);
  /* One that is kept may be too large for a limit. */
  right(handrail_with_room(much, 1 << 20, 0, count_bytes, &bytes) == 0 && bytes == 1 << 20);
  right(handrail_with_room(much, 0, 512 << 10, count_bytes, &bytes) == 0 && bytes <= 512 << 10);
  return NULL;
}

#ifdef __GLIBC__
static ucontext_t outside, inside;
static size_t on_fiber, beyond_fiber;
static long fiber_room;

static void fiber(void) {
  fiber_room = handrail_room();
  on_fiber = segments_for(4 << 10);
  beyond_fiber = segments_for(256 << 10);
}

static void run_fiber(void *stack, size_t size) {
  right(getcontext(&inside) == 0);
  inside.uc_stack.ss_sp = stack;
  inside.uc_stack.ss_size = size;
  inside.uc_link = &outside;
  makecontext(&inside, fiber, 0);
  right(swapcontext(&outside, &inside) == 0);
}

static void fibers(void) {
  enum { size = 128 << 10, guard = 64 << 10 };
  /* In memory of malloc's nobody knows where it ends, and so a segment it is. */
  void *memory = malloc(4 << 20), *before = malloc(size), *stack = malloc(size - 64);
  run_fiber(stack, size - 64);
  right(fiber_room == -1 && on_fiber == 1 && beyond_fiber == 1);
  free(memory), free(before), free(stack);
  /* A guard tells it. */
  char *mapped = mmap(NULL, guard + size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  right(mprotect(mapped + guard, size, PROT_READ | PROT_WRITE) == 0);
  run_fiber(mapped + guard, size);
  right(fiber_room > 64 << 10 && fiber_room < size && on_fiber == 0 && beyond_fiber == 1);
  /* In the middle of a mapping it does not. */
  run_fiber(mapped + guard + size / 2, size / 2);
  munmap(mapped, guard + size);
  right(handrail_room() > 0 && segments() == 0);
}

/* In memory of malloc's for a thread: below it lies what another thread's may grow into. */
static void *fiber_of_thread(void *context) {
  (void)context;
  void *stack = malloc(100 << 10);
  run_fiber(stack, 100 << 10);
  right(fiber_room == -1 && on_fiber == 1);
  free(stack);
  return NULL;
}
#endif

static size_t in_handler;
static long handler_room;

static void on_signal(int signal) {
  (void)signal;
  handler_room = handrail_room();
  in_handler = segments_for(8 << 10);
}

static void alternate(void) {
  size_t size = 64 << 10;
  stack_t ours = {.ss_sp = malloc(size), .ss_size = size}, none = {.ss_flags = SS_DISABLE};
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
  right(sigaltstack(&ours, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
  raise(SIGUSR1);
  right(handler_room > 16 << 10 && handler_room < (long)size && in_handler == 0);
  sigaltstack(&none, NULL);
  free(ours.ss_sp);
}

static int in_child(void (*body)(void)) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    wrong = 0;
    body();
    fflush(stdout);
    _exit(wrong != 0);
  }
  int status = -1;
  return waitpid(child, &status, 0) == child && status == 0;
}

/* The only thread there is, but not on the kernel's stack. */
static void child_of_thread(void) {
  right(handrail_room() > 0 && handrail_room() < 2 << 20);
  right(segments_for(16 << 10) == 0 && segments_for(8 << 20) == 1);
}

static void *forks(void *context) {
  (void)context;
  right(in_child(child_of_thread));
  return NULL;
}

static size_t address_space(void) {
  unsigned long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%lu", &pages) != 1) pages = 0;
  if (file != NULL) fclose(file);
  return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void *grow_once(void *context) {
  (void)context;
  segments_for(4 << 20);
  return NULL;
}

/* Where a thread's end is not heard of, as the program has taken all keys, its segments are not kept either. */
static void without_keys(void) {
  pthread_key_t key;
  while (pthread_key_create(&key, NULL) == 0) {}
  right(segments_for(16 << 20) == 1);
  on_thread(1 << 20, grow_once);
  size_t before = address_space();
  for (int turn = 0; turn < 50; turn++) on_thread(1 << 20, grow_once);
  right(address_space() < before + (64 << 20));
}

/* Where the address space has no more for a large one, a smaller one will do. */
static void little_memory(void) {
  size_t bytes = 0;
  right(handrail_with_room(16 << 20, 0, 0, nothing, NULL) == 0);
  struct rlimit limit = {address_space() + (40 << 20), RLIM_INFINITY};
  right(setrlimit(RLIMIT_AS, &limit) == 0);
  right(handrail_with_room(20 << 20, 512 << 20, 0, count_bytes, &bytes) == 0 && bytes >= 20 << 20 && bytes < 64 << 20);
  right(handrail_with_room(200 << 20, 0, 0, nothing, NULL) == ENOMEM);
}

int main(int count, char **words) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (count > 1 && strcmp(words[1], "keyless") == 0) {
    without_keys();
    printf("%d wrong\n", wrong);
    return wrong != 0;
  }
  int is_emulated = count > 1 && strcmp(words[1], "emulated") == 0, is_untold = count > 1 && strcmp(words[1], "untold") == 0;
  /* musl finds what of it is mapped already. */
  right(handrail_room() > (is_untold ? 64 << 10 : 1 << 20) && handrail_room() <= 8 << 20);
  right(segments_for(is_untold ? 64 << 10 : 256 << 10) == 0);
  right(segments_for(16 << 20) == 1);
  if (is_untold) {
    right(access("/proc/self/maps", R_OK) != 0);
    printf("%d wrong\n", wrong);
    return wrong != 0;
  }
  grow_frame(strtoul("100000", NULL, 10));
  right(on_thread(160 << 10, small) == 0);
  if (sysconf(_SC_THREAD_STACK_MIN) <= 16 << 10) right(on_thread(16 << 10, tiny) == 0);
#ifdef __GLIBC__
  fibers();
  right(on_thread(1 << 20, fiber_of_thread) == 0);
#endif
  alternate();
  right(on_thread(1 << 20, forks) == 0);
  if (!is_emulated) right(in_child(little_memory));
  printf("%d wrong of %d\n", wrong, tried > 20 ? 20 : tried);
  return wrong != 0;
}
