/* Every moment at which a cancellation can come: for each of libc's cancellation points, a thread is stopped by ptrace at each
   instruction of the call in turn, is cancelled there, and goes on. Whether its system call was made is compared with what
   the thread got: before the system call it must not be made any more, after it the result must arrive, and the next
   cancellation point must act. x86-64.
   usage: guard_windows [POINT] */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int zero, null, file, pair[2], poller, spare;
static char bytes[64];
static struct iovec vector = {bytes, 8};
static struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
static struct mmsghdr messages[1] = {{.msg_hdr = {.msg_iov = &vector, .msg_iovlen = 1}}};
static struct timespec none;
static struct timeval no_time;
static char *mapped;
static sem_t semaphore;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

/* Every call is over at once, with a result or an error. */
#define POINT(name, ...) \
  static long point_##name(void) { return (long)(__VA_ARGS__); }
#define POINTS(each) \
  each(read, read(zero, bytes, 8)) each(write, write(null, bytes, 8)) each(readv, readv(zero, &vector, 1)) \
  each(writev, writev(null, &vector, 1)) each(pread, pread(file, bytes, 8, 0)) each(pwrite, pwrite(file, bytes, 8, 0)) \
  each(preadv, preadv(file, &vector, 1, 0)) each(pwritev, pwritev(file, &vector, 1, 0)) \
  each(open, open("/dev/null", O_RDONLY)) each(open_creat, open("/dev/null", O_CREAT | O_RDONLY, 0600)) \
  each(openat, openat(AT_FDCWD, "/dev/null", O_RDONLY)) each(creat, creat("/dev/null", 0600)) each(close, close(spare)) \
  each(fcntl, fcntl(file, F_SETLKW, &(struct flock){.l_type = F_UNLCK})) each(fsync, fsync(null)) \
  each(fdatasync, fdatasync(null)) each(msync, msync(mapped, 4096, MS_ASYNC)) each(fallocate, fallocate(file, 0, 0, 64)) \
  each(poll, poll(NULL, 0, 0)) each(ppoll, ppoll(NULL, 0, &none, NULL)) each(select, select(0, NULL, NULL, NULL, &no_time)) \
  each(pselect, pselect(0, NULL, NULL, NULL, &none, NULL)) \
  each(epoll_wait, epoll_wait(poller, (struct epoll_event[1]){{0}}, 1, 0)) \
  each(epoll_pwait, epoll_pwait(poller, (struct epoll_event[1]){{0}}, 1, 0, NULL)) \
  each(accept, accept(pair[0], NULL, NULL)) each(accept4, accept4(pair[0], NULL, NULL, 0)) \
  each(connect, connect(pair[0], &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(struct sockaddr))) \
  each(recv, recv(pair[0], bytes, 8, MSG_DONTWAIT)) each(recvfrom, recvfrom(pair[0], bytes, 8, MSG_DONTWAIT, NULL, NULL)) \
  each(recvmsg, recvmsg(pair[0], &message, MSG_DONTWAIT)) \
  each(recvmmsg, recvmmsg(pair[0], messages, 1, MSG_DONTWAIT, NULL)) each(send, send(pair[0], bytes, 1, MSG_DONTWAIT)) \
  each(sendto, sendto(pair[0], bytes, 1, MSG_DONTWAIT, NULL, 0)) each(sendmsg, sendmsg(pair[0], &message, MSG_DONTWAIT)) \
  each(sendmmsg, sendmmsg(pair[0], messages, 1, MSG_DONTWAIT)) each(wait4, wait4(-1, NULL, WNOHANG, NULL)) \
  each(waitpid, waitpid(-1, NULL, WNOHANG)) each(waitid, waitid(P_ALL, 0, NULL, WEXITED | WNOHANG)) \
  each(sigtimedwait, sigtimedwait(&(sigset_t){0}, NULL, &none)) each(nanosleep, nanosleep(&none, NULL)) \
  each(clock_nanosleep, clock_nanosleep(CLOCK_MONOTONIC, 0, &none, NULL)) each(usleep, usleep(1)) each(tcdrain, tcdrain(null)) \
  each(msgsnd, msgsnd(-1, &(struct msgbuf){1, ""}, 1, IPC_NOWAIT)) each(msgrcv, msgrcv(-1, &(struct msgbuf){1, ""}, 1, 0, IPC_NOWAIT)) \
  each(sem_timedwait, sem_timedwait(&semaphore, &none)) each(cond_timedwait, cond_wait())
#ifdef __GLIBC__
#define MORE_POINTS(each) \
  each(getrandom, getrandom(bytes, 8, 0)) each(splice, splice(-1, NULL, -1, NULL, 1, 0)) each(tee, tee(-1, -1, 1, 0)) \
  each(vmsplice, vmsplice(-1, &vector, 1, 0)) each(sync_file_range, sync_file_range(file, 0, 1, 0)) \
  each(copy_file_range, copy_file_range(-1, NULL, -1, NULL, 1, 0)) each(preadv2, preadv2(file, &vector, 1, 0, 0)) \
  each(pwritev2, pwritev2(file, &vector, 1, 0, 0)) each(mq_timedsend, mq_timedsend(-1, bytes, 1, 0, &none)) \
  each(mq_timedreceive, mq_timedreceive(-1, bytes, 1, NULL, &none))
#else
#define MORE_POINTS(each)
#endif

static void unlock(void *unused) {
  (void)unused;
  pthread_mutex_unlock(&mutex);
}
static long cond_wait(void) {
  long result;
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(unlock, NULL);
  result = pthread_cond_timedwait(&condition, &mutex, &none);
  pthread_cleanup_pop(1);
  return result;
}

#define DEFINE(name, ...) POINT(name, __VA_ARGS__)
POINTS(DEFINE)
MORE_POINTS(DEFINE)
#define ENTRY(name, ...) {#name, point_##name},
static const struct point {
  const char *name;
  long (*call)(void);
} points[] = {POINTS(ENTRY) MORE_POINTS(ENTRY)};
enum { point_count = sizeof points / sizeof points[0] };

/* What the two processes tell each other. */
static struct shared {
  atomic_int point, order, thread, may_begin, cancel, is_cancelled, has_result, outcome;
} *shared;

enum { nothing, run, quit };
enum { pending, cancelled, survived };

__attribute__((noinline)) static void has_result(void) { atomic_store(&shared->has_result, 1); }

static void *works(void *unused) {
  (void)unused;
  atomic_store(&shared->thread, (int)syscall(SYS_gettid));
  while (!atomic_load(&shared->may_begin)) continue;
  const struct point *point = &points[shared->point];
  __asm__ volatile("int3");
  point->call();
  has_result();
  pthread_testcancel();
  return NULL;
}

static void serve(void) {
  while (shared->order != quit) {
    if (shared->order != run) {
      sched_yield();
      continue;
    }
    pthread_t thread;
    void *result = NULL;
    shared->order = nothing;
    spare = dup(null);
    if (pthread_create(&thread, NULL, works, NULL) != 0) _exit(3);
    while (!atomic_load(&shared->cancel)) sched_yield();
    if (pthread_cancel(thread) != 0) _exit(4);
    atomic_store(&shared->is_cancelled, 1);
    if (pthread_join(thread, &result) != 0) _exit(5);
    close(spare);
    /* What was opened is closed, whoever has got it. */
    for (int left = spare + 1; left < spare + 8; left++) close(left);
    while (recv(pair[1], bytes, sizeof bytes, MSG_DONTWAIT) > 0) continue;
    atomic_store(&shared->outcome, result == PTHREAD_CANCELED ? cancelled : survived);
  }
  _exit(0);
}

static int wait_for(int thread) {
  int status;
  if (waitpid(thread, &status, __WALL) != thread) return -1;
  return status;
}

struct moments {
  long number; /* The call's. */
  int count, lost_results, begun_late, lost_cancellations;
};

static int is_system_call(int thread, uint64_t pc) { return (ptrace(PTRACE_PEEKTEXT, thread, (void *)pc, NULL) & 0xffff) == 0x050f; }

/* Runs one call, stopped and cancelled after a number of instructions. Returns how many there were up to the result, or fewer. */
static int try_at(int index, int steps, struct moments *moments, int child) {
  struct user_regs_struct registers;
  shared->point = index;
  shared->thread = shared->may_begin = shared->cancel = shared->is_cancelled = shared->has_result = 0;
  shared->outcome = pending;
  shared->order = run;
  while (shared->thread == 0) sched_yield();
  int thread = shared->thread, done = 0, made = 0;
  if (ptrace(PTRACE_SEIZE, thread, NULL, (void *)(long)PTRACE_O_TRACESYSGOOD) != 0) exit(6);
  shared->may_begin = 1;
  wait_for(thread);
  for (; done < steps; done++) {
    ptrace(PTRACE_GETREGS, thread, NULL, &registers);
    if (registers.rip == (uint64_t)has_result) break;
    if (!made && is_system_call(thread, registers.rip)) {
      made = 1;
      moments->number = (long)registers.rax;
    }
    ptrace(PTRACE_SINGLESTEP, thread, NULL, NULL);
    wait_for(thread);
  }
  ptrace(PTRACE_GETREGS, thread, NULL, &registers);
  int is_over = registers.rip == (uint64_t)has_result;
  shared->cancel = 1;
  while (!shared->is_cancelled) sched_yield();
  int is_entry = 1, status, pass = 0, is_late = 0;
  for (;;) {
    if (ptrace(PTRACE_SYSCALL, thread, NULL, (void *)(long)pass) != 0) break;
    status = wait_for(thread);
    pass = 0;
    if (status < 0 || !WIFSTOPPED(status)) break;
    if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
      ptrace(PTRACE_GETREGS, thread, NULL, &registers);
      /* A condition's clean-up wakes others, which is also a futex. */
      int wakes = (long)registers.orig_rax == SYS_futex && (registers.rsi & 0x7f) != 0 && (registers.rsi & 0x7f) != 9;
      if (is_entry && !made && !shared->has_result && (long)registers.orig_rax == moments->number && !wakes) is_late = 1;
      is_entry = !is_entry;
    } else if (status >> 16 == 0) {
      pass = WSTOPSIG(status);
    }
  }
  for (long waited = 0; shared->outcome == pending; waited++) {
    if (waited > 3000000) {
      moments->lost_cancellations++;
      kill(child, SIGKILL);
      printf("%s: a cancellation after %d instructions is lost\n", points[index].name, done);
      exit(1);
    }
    sched_yield();
  }
  moments->count++;
  if (shared->outcome != cancelled) moments->lost_cancellations++;
  if (made && !shared->has_result) moments->lost_results++;
  if (is_late || (!made && shared->has_result)) moments->begun_late++;
  return is_over ? -1 : 0;
}

int main(int argc, char **argv) {
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  zero = open("/dev/zero", O_RDONLY);
  null = open("/dev/null", O_RDWR);
  char name[] = "/tmp/guard-windows-XXXXXX";
  file = mkstemp(name);
  unlink(name);
  if (ftruncate(file, 8192) != 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0) return 2;
  mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  poller = epoll_create1(0);
  sem_init(&semaphore, 0, 0);
  int child = fork();
  if (child == 0) serve();
  struct moments all = {0};
  int bad = 0;
  for (int index = 0; index < point_count; index++) {
    if (argc > 1 && strcmp(argv[1], points[index].name)) continue;
    struct moments moments = {.number = -1};
    /* First to the end, which tells the call's number. */
    try_at(index, 2000, &moments, child);
    for (int steps = 0; steps < 2000 && try_at(index, steps, &moments, child) == 0; steps++) continue;
    if (moments.lost_results || moments.begun_late || moments.lost_cancellations) {
      bad++;
      printf("%s: of %d moments the result is lost at %d, the call begins although cancelled at %d, the cancellation is lost at %d\n",
             points[index].name, moments.count, moments.lost_results, moments.begun_late, moments.lost_cancellations);
    }
    all.count += moments.count;
    all.lost_results += moments.lost_results;
    all.begun_late += moments.begun_late;
    all.lost_cancellations += moments.lost_cancellations;
  }
  shared->order = quit;
  printf("%d cancellation points, %d moments: %d results lost, %d calls begun although cancelled, %d cancellations lost\n",
         argc > 1 ? 1 : point_count, all.count, all.lost_results, all.begun_late, all.lost_cancellations);
  return bad != 0;
}
