// Shows what is hard on a tracer: MODE is the argument, "list" lists all. What it prints and how it ends is the same whether it is traced or not.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
static char *self;

/* Prints what it found, so that two runs can be compared. */
static void say(const char *what, long value) { dprintf(1, "%s %ld\n", what, value); }
static void check(const char *what, int holds) {
  if (!holds) {
    dprintf(1, "FAILED %s (errno %d)\n", what, errno);
    _exit(1);
  }
}
static void rest(long microseconds) {
  struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000};
  while (nanosleep(&time, &time) != 0 && errno == EINTR) {
  }
}
static pthread_t make(void *(*run)(void *), void *argument) {
  pthread_t thread;
  check("pthread_create", pthread_create(&thread, NULL, run, argument) == 0);
  return thread;
}
static void *for_ever(void *x) {
  for (;;) pause();
  return x;
}
static void *idle(void *x) { return x; }
static void *execute(void *status) {
  execl(self, self, "exit", status, NULL);
  return NULL;
}
static void *execute_soon(void *status) {
  rest(3000);
  return execute(status);
}
static int status_of(pid_t pid) {
  int status = -1;
  while (waitpid(pid, &status, __WALL) < 0 && errno == EINTR) {
  }
  return status;
}
static void say_status(const char *what, pid_t pid) {
  int status = status_of(pid);
  if (WIFEXITED(status)) say(what, WEXITSTATUS(status));
  if (WIFSIGNALED(status)) say(what, -WTERMSIG(status));
}

/* Execs and ends. */

static void *execute_at_once(void *barrier) {
  pthread_barrier_wait(barrier);
  return execute("3");
}
static void exec_from_every_thread(void) {
  for (int i = 0; i < 20; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      pthread_barrier_t barrier;
      pthread_barrier_init(&barrier, NULL, 17);
      for (int k = 0; k < 16; k++) make(execute_at_once, &barrier);
      execute_at_once(&barrier);
    }
    say_status("exec", pid);
  }
}
static void leader_exits_while_others_exec(void) {
  for (int i = 0; i < 10; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      /* While one of them executes, the kernel makes no new thread. */
      pthread_t thread;
      for (int k = 0; k < 4; k++) pthread_create(&thread, NULL, k % 2 ? execute_soon : execute, "4");
      pthread_exit(NULL);
    }
    say_status("leader gone", pid);
  }
}
static void exec_while_others_make_threads(void) {
  for (int i = 0; i < 10; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      make(execute_soon, "5");
      /* While the process executes, the kernel makes no new thread. */
      for (pthread_t thread;;)
        if (pthread_create(&thread, NULL, idle, NULL) == 0) pthread_join(thread, NULL);
    }
    say_status("exec", pid);
  }
}
static void *leave_process(void *status) { _exit((int)(intptr_t)status); }
static void exit_group_races(void) {
  for (int i = 0; i < 30; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      for (int k = 0; k < 8; k++) make(k < 4 ? leave_process : for_ever, (void *)6);
      _exit(6);
    }
    say_status("exit_group", pid);
  }
}
static void exec_chain(void) { execl(self, self, "chain", "20", NULL); }
static void exec_fails(void) {
  say("exec", execl("/nonexistent/program", "x", NULL));
  say("errno", errno);
  say("exec of a folder", execl("/tmp", "x", NULL));
  say("errno", errno);
  int fd = open("/dev/null", O_RDONLY);
  char *arguments[] = {"x", NULL};
  say("fexecve of a device", fexecve(fd, arguments, environ));
  say("errno", errno);
}
static void fork_in_thread_then_exec(void) {
  for (int i = 0; i < 10; i++) {
    make(for_ever, NULL);
    pid_t pid = fork();
    if (pid == 0) execute("7");
    say_status("child", pid);
  }
}

/* vfork and posix_spawn. */

static void vfork_children(void) {
  for (int i = 0; i < 12; i++) {
    pid_t pid = vfork();
    if (pid == 0) {
      if (i % 4 == 0) execl(self, self, "exit", "8", NULL);
      if (i % 4 == 1) kill(getpid(), SIGKILL);
      if (i % 4 == 2) execl("/nonexistent", "x", NULL);
      _exit(9);
    }
    say_status("vfork", pid);
  }
}
static void *vfork_and_exec(void *x) {
  for (int i = 0; i < 20; i++) {
    pid_t pid = vfork();
    if (pid == 0) {
      execl(self, self, "exit", "8", NULL);
      _exit(9);
    }
    if (status_of(pid) != 8 << 8) return (void *)1;
  }
  return x;
}
static void vfork_in_many_threads(void) {
  pthread_t threads[8];
  long bad = 0;
  for (int i = 0; i < 8; i++) threads[i] = make(vfork_and_exec, NULL);
  for (int i = 0; i < 8; i++) {
    void *result;
    pthread_join(threads[i], &result);
    bad += (long)result;
  }
  say("bad", bad);
}
static void vfork_in_vfork(void) {
  pid_t pid = vfork();
  if (pid == 0) {
    pid_t inner = vfork();
    if (inner == 0) _exit(3);
    int status;
    waitpid(inner, &status, 0);
    _exit(WEXITSTATUS(status) + 1);
  }
  say_status("vfork", pid);
}
static void spawn(void) {
  char *arguments[] = {"x", "exit", "11", NULL};
  for (int i = 0; i < 20; i++) {
    pid_t pid;
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    if (i % 2) posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    int error = posix_spawn(&pid, i % 5 ? self : "/nonexistent", NULL, &attributes, arguments, environ);
    if (error) say("posix_spawn", error);
    else say_status("spawned", pid);
  }
}
static void parent_of_vfork_killed(void) {
  pid_t pid = fork();
  if (pid == 0) {
    pid_t inner = vfork();
    if (inner == 0) {
      kill(getppid(), SIGKILL);
      rest(20000);
      _exit(3);
    }
    _exit(1);
  }
  say_status("parent", pid);
}

/* clone and clone3. */

static int clone_child(void *status) { return (int)(intptr_t)status; }
static long clone3(struct clone_args *arguments) { return syscall(SYS_clone3, arguments, sizeof *arguments); }
static void clone_flags(void) {
  static const int flags[] = {
      0, SIGCHLD, SIGUSR1, CLONE_VM, CLONE_VM | CLONE_VFORK, CLONE_VFORK | SIGCHLD, CLONE_FS | CLONE_FILES,
      CLONE_VM | CLONE_SIGHAND | CLONE_FS | CLONE_FILES, CLONE_UNTRACED | SIGCHLD, CLONE_UNTRACED | CLONE_VM,
      CLONE_UNTRACED | CLONE_VM | CLONE_VFORK | SIGCHLD, CLONE_PTRACE | SIGCHLD, CLONE_PTRACE | CLONE_UNTRACED | SIGCHLD,
      CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, CLONE_SYSVSEM, CLONE_IO | SIGCHLD};
  signal(SIGUSR1, SIG_IGN);
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pid_t tid = 0;
    pid_t pid = clone(clone_child, stack + 65536, flags[i], (void *)(intptr_t)(20 + i), &tid, NULL, &tid);
    check("clone", pid > 0);
    say_status("clone", pid);
  }
}
static void clone3_flags(void) {
  static const uint64_t flags[] = {0, CLONE_UNTRACED, CLONE_VFORK, CLONE_FILES, CLONE_PIDFD, CLONE_CLEAR_SIGHAND,
                                   CLONE_PTRACE, CLONE_UNTRACED | CLONE_VFORK, CLONE_INTO_CGROUP, CLONE_NEWTIME};
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
    for (int signal = 0; signal <= SIGCHLD; signal += SIGCHLD) {
      int pidfd = -1;
      struct clone_args arguments = {.flags = flags[i], .exit_signal = (uint64_t)signal, .cgroup = 999};
      if (flags[i] & CLONE_PIDFD) arguments.pidfd = (uint64_t)(uintptr_t)&pidfd;
      long pid = clone3(&arguments);
      if (pid == 0) _exit(30 + (int)i);
      if (pid < 0) say("clone3 errno", errno);
      else say_status("clone3", (pid_t)pid);
      say("flags unchanged", arguments.flags == flags[i]);
    }
}
static void clone_set_tid(void) {
  pid_t wanted = 31999;
  struct clone_args arguments = {.exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)&wanted, .set_tid_size = 1};
  long pid = clone3(&arguments);
  if (pid == 0) _exit(getpid() == 31999 ? 3 : 4);
  if (pid < 0) say("errno", errno);
  else say_status("set_tid", (pid_t)pid);
}
static void clone_parent(void) {
  pid_t pid = fork();
  if (pid == 0) {
    struct clone_args arguments = {.flags = CLONE_PARENT};
    long sibling = clone3(&arguments);
    _exit(sibling == 0 ? 5 : sibling > 0 ? 6 : 7);
  }
  int sum = 0, status;
  for (int i = 0; i < 2; i++)
    if (waitpid(-1, &status, 0) > 0) sum += WEXITSTATUS(status);
  say("sum", sum);
}
static int shares_memory(void *word) {
  *(volatile int *)word = 42;
  return 12;
}
static void clone_vm_process_threads(void) {
  /* A process that shares memory, with threads of its own beside ours. */
  for (int i = 0; i < 10; i++) {
    char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int word = 0;
    make(for_ever, NULL);
    pid_t pid = clone(shares_memory, stack + 65536, CLONE_VM | SIGCHLD, &word);
    say_status("clone", pid);
    say("word", word);
  }
}
static int thread_by_hand(void *word) {
  *(volatile int *)word += 1;
  syscall(SYS_exit, 0);
  return 0;
}
static void raw_threads(void) {
  /* Threads whose exit signal is SIGCHLD, so that the kernel calls them forks. */
  for (int i = 0; i < 10; i++) {
    char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    volatile int word = 0;
    int tid = 1;
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID |
                CLONE_CHILD_SETTID | (i % 2 ? SIGCHLD : 0) | (i % 3 == 0 ? CLONE_VFORK : 0);
    check("clone", clone(thread_by_hand, stack + 65536, flags, (void *)&word, NULL, NULL, &tid) > 0);
    for (int value; (value = __atomic_load_n(&tid, __ATOMIC_SEQ_CST)) != 0;) syscall(SYS_futex, &tid, FUTEX_WAIT, value, NULL, NULL, 0);
    say("word", word);
  }
}

/* Signals. */

static volatile sig_atomic_t caught, last_value;
static void count(int signal, siginfo_t *information, void *context) {
  (void)signal, (void)context;
  last_value = information->si_value.sival_int;
  caught++;
}
static void handle(int signal, int flags) {
  struct sigaction action = {.sa_sigaction = count, .sa_flags = SA_SIGINFO | flags};
  sigaction(signal, &action, NULL);
}
static void *newborn(void *x) { return x; }
static void *bombard(void *pid) {
  for (int i = 0; i < 2000; i++) kill((pid_t)(intptr_t)pid, SIGUSR1);
  return NULL;
}
static void signals_into_newborns(void) {
  handle(SIGUSR1, SA_RESTART);
  pthread_t sender = make(bombard, (void *)(intptr_t)getpid());
  for (int i = 0; i < 500; i++) pthread_join(make(newborn, NULL), NULL);
  pthread_join(sender, NULL);
  say("some caught", caught > 0);
}
static void blocks_all_signals(void) {
  pid_t pid = fork();
  if (pid == 0) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (int i = 0; i < 4; i++) make(for_ever, NULL);
    for (;;) pause();
  }
  rest(10000);
  kill(pid, SIGTERM);
  kill(pid, SIGSTOP);
  int status;
  waitpid(pid, &status, WUNTRACED);
  say("stopped", WIFSTOPPED(status) ? WSTOPSIG(status) : -1);
  kill(pid, SIGCONT);
  waitpid(pid, &status, WCONTINUED);
  say("continued", WIFCONTINUED(status));
  kill(pid, SIGKILL);
  say_status("end", pid);
}
static void kill_in_every_state(void) {
  for (int i = 0; i < 40; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      if (i % 8 == 0) raise(SIGSTOP);
      if (i % 8 == 1) for_ever(NULL);
      if (i % 8 == 2) for (;;) getppid();
      if (i % 8 == 3) for (;;) pthread_join(make(idle, NULL), NULL);
      if (i % 8 == 4) for (;;) status_of(fork() ?: (_exit(0), 0));
      if (i % 8 == 5) {
        make(for_ever, NULL);
        pthread_exit(NULL);
      }
      if (i % 8 == 6) execl(self, self, "chain", "1000", NULL);
      if (i % 8 == 7) {
        pid_t me = getpid();
        if (vfork() == 0) {
          prctl(PR_SET_PDEATHSIG, SIGKILL);
          while (getppid() == me) pause();
          _exit(0);
        }
      }
      for (;;) pause();
    }
    rest(i * 200);
    kill(pid, SIGKILL);
    say_status("killed", pid);
  }
}
static void siginfo_is_kept(void) {
  handle(SIGRTMIN, 0);
  handle(SIGUSR2, 0);
  for (int i = 1; i <= 5; i++) {
    union sigval value = {.sival_int = i * 11};
    sigqueue(getpid(), i % 2 ? SIGRTMIN : SIGUSR2, value);
    say("value", last_value);
  }
  say("caught", caught);
}
static void signal_order(void) {
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  sigprocmask(SIG_BLOCK, &all, NULL);
  handle(SIGRTMIN, SA_NODEFER);
  for (int i = 0; i < 5; i++) sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i});
  sigprocmask(SIG_SETMASK, &none, NULL);
  say("caught", caught);
}
static void restarted_calls(void) {
  handle(SIGALRM, SA_RESTART);
  struct itimerval often = {{0, 3000}, {0, 3000}};
  int ends[2];
  check("pipe", pipe(ends) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    rest(50000);
    _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
  }
  setitimer(ITIMER_REAL, &often, NULL);
  char byte;
  say("read", read(ends[0], &byte, 1));
  say_status("child", pid);
  struct timespec time = {0, 30000000}, left = {0, 0};
  int result = nanosleep(&time, &left);
  say("nanosleep", result);
  struct pollfd none = {.fd = ends[0], .events = POLLIN};
  say("poll", poll(&none, 1, 20));
  say("errno", errno == EINTR);
  struct itimerval off = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &off, NULL);
  say("poll", poll(&none, 1, 20));
}
/* Nobody has asked for SIGCHLD or SIGWINCH: what sleeps must not notice. */
static void *provoke(void *tid) {
  for (int i = 0; i < 5; i++) {
    rest(5000);
    pid_t pid = fork();
    if (pid == 0) _exit(0);
    status_of(pid);
    syscall(SYS_tgkill, getpid(), (pid_t)(intptr_t)tid, i % 2 ? SIGCHLD : SIGWINCH);
    syscall(SYS_tgkill, getpid(), (pid_t)(intptr_t)tid, SIGUSR2);
  }
  return NULL;
}
static void ignored_signals_interrupt_nothing(void) {
  signal(SIGUSR2, SIG_IGN);
  void *me = (void *)(intptr_t)syscall(SYS_gettid);
  int epoll = epoll_create1(0);
  struct epoll_event event;
  pthread_t thread = make(provoke, me);
  say("epoll_wait", epoll_wait(epoll, &event, 1, 80));
  pthread_join(thread, NULL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN);
  sigprocmask(SIG_BLOCK, &set, NULL);
  struct timespec time = {0, 80000000};
  thread = make(provoke, me);
  say("sigtimedwait", sigtimedwait(&set, NULL, &time));
  say("errno", errno);
  pthread_join(thread, NULL);
  int semaphores = semget(IPC_PRIVATE, 1, 0600);
  struct sembuf down = {0, -1, 0};
  thread = make(provoke, me);
  say("semtimedop", semtimedop(semaphores, &down, 1, &time));
  say("errno", errno);
  pthread_join(thread, NULL);
  semctl(semaphores, 0, IPC_RMID);
  int pair[2];
  check("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  struct timeval limit = {0, 80000};
  setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  thread = make(provoke, me);
  char byte;
  say("recv", recv(pair[0], &byte, 1, 0));
  say("errno", errno);
  pthread_join(thread, NULL);
}
/* Returns when a process has slept for two milliseconds: it waits in a call. */
static void until_asleep(pid_t pid) {
  char path[64], state = 0;
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  for (int asleep = 0; asleep < 2; asleep = state == 'S' ? asleep + 1 : 0) {
    rest(2000);
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%*d (%*[^)]) %c", &state) != 1) state = 0;
    if (file != NULL) fclose(file);
  }
}

static void handled_signals_interrupt(void) {
  handle(SIGUSR1, 0);
  pid_t parent = getpid();
  atomic_int *turn = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  check("mmap", turn != MAP_FAILED);
  pid_t pid = fork();
  if (pid == 0) {
    for (int i = 1; i <= 3; i++) {
      while (atomic_load(turn) < i) rest(500);
      until_asleep(parent);
      kill(parent, SIGUSR1);
    }
    _exit(0);
  }
  struct epoll_event event;
  int epoll = epoll_create1(0);
  atomic_store(turn, 1);
  say("epoll_wait", epoll_wait(epoll, &event, 1, 60000));
  say("errno", errno);
  atomic_store(turn, 2);
  say("pause", pause());
  say("errno", errno);
  struct timespec time = {60, 0}, left = {0, 0};
  atomic_store(turn, 3);
  say("nanosleep", nanosleep(&time, &left));
  say("errno", errno);
  say("left", left.tv_sec > 0 || left.tv_nsec > 0);
  say_status("child", pid);
}
static void own_traps(void) {
  handle(SIGTRAP, 0);
  raise(SIGTRAP);
  say("caught", caught);
#ifdef __x86_64__
  __asm__ volatile("int3");
  say("caught", caught);
#endif
  pid_t pid = fork();
  if (pid == 0) {
    signal(SIGTRAP, SIG_DFL);
    raise(SIGTRAP);
    _exit(1);
  }
  say_status("child", pid);
}
static void faults(void) {
  static const int signals[] = {SIGSEGV, SIGABRT, SIGILL, SIGFPE, SIGBUS, SIGSYS, SIGQUIT, SIGXCPU, SIGTERM, SIGHUP};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      struct rlimit none = {0, 0};
      setrlimit(RLIMIT_CORE, &none);
      make(for_ever, NULL);
      if (i % 2) *(volatile int *)1 = signals[i] == SIGSEGV;
      raise(signals[i]);
      _exit(1);
    }
    say_status("fault", pid);
  }
}
static void signalfd_and_sigwait(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  int fd = signalfd(-1, &set, 0);
  pid_t pid = fork();
  if (pid == 0) {
    kill(getppid(), SIGUSR1);
    _exit(3);
  }
  struct signalfd_siginfo one;
  int seen = 0;
  for (int i = 0; i < 2; i++)
    if (read(fd, &one, sizeof one) == (ssize_t)sizeof one) seen |= one.ssi_signo == SIGUSR1 ? 1 : one.ssi_pid == (uint32_t)pid ? 2 : 4;
  say("seen", seen);
  say_status("child", pid);
  kill(getpid(), SIGUSR1);
  int number = 0;
  sigwait(&set, &number);
  say("sigwait", number);
}
static void auto_reaped_children(void) {
  signal(SIGCHLD, SIG_IGN);
  for (int i = 0; i < 10; i++)
    if (fork() == 0) _exit(3);
  say("wait", wait(NULL));
  say("errno", errno);
}
static void waitid_keeps(void) {
  pid_t pid = fork();
  if (pid == 0) _exit(23);
  siginfo_t information = {0};
  say("waitid", waitid(P_PID, (id_t)pid, &information, WEXITED | WNOWAIT));
  say("status", information.si_status);
  say_status("again", pid);
}

/* Stopping. */

static void stop_and_go(void) {
  pid_t pid = fork();
  if (pid == 0) {
    for (int i = 0; i < 3; i++) make(for_ever, NULL);
    for (int i = 0; i < 5; i++) {
      raise(i % 2 ? SIGSTOP : SIGTSTP);
      rest(20000); /* The parent must see that we went on before we stop again. */
    }
    _exit(13);
  }
  int status;
  for (int i = 0; i < 5; i++) {
    check("waitpid", waitpid(pid, &status, WUNTRACED) == pid);
    say("stopped", WIFSTOPPED(status) ? WSTOPSIG(status) : -status);
    kill(pid, SIGCONT);
    siginfo_t information = {0};
    waitid(P_PID, (id_t)pid, &information, WCONTINUED);
    say("continued", information.si_code == CLD_CONTINUED);
  }
  say_status("end", pid);
}
static void stopped_stays_stopped(void) {
  int ends[2];
  check("pipe", pipe2(ends, O_NONBLOCK) == 0);
  pid_t pid = fork();
  if (pid == 0)
    for (;;) {
      if (write(ends[1], "x", 1) < 0) rest(100);
      rest(100);
    }
  rest(10000);
  kill(pid, SIGSTOP);
  int status;
  waitpid(pid, &status, WUNTRACED);
  char buffer[65536];
  while (read(ends[0], buffer, sizeof buffer) > 0) {
  }
  rest(30000);
  say("writes while stopped", read(ends[0], buffer, sizeof buffer));
  kill(pid, SIGCONT);
  int goes_on = 0;
  for (int i = 0; i < 1000 && !goes_on; i++) {
    rest(5000);
    goes_on = read(ends[0], buffer, sizeof buffer) > 0;
  }
  say("writes afterwards", goes_on);
  kill(pid, SIGKILL);
  say_status("end", pid);
}
static void signals_while_stopped(void) {
  pid_t pid = fork();
  if (pid == 0) {
    handle(SIGUSR1, 0);
    while (caught < 1) rest(1000);
    _exit(14);
  }
  rest(10000);
  kill(pid, SIGSTOP);
  int status;
  waitpid(pid, &status, WUNTRACED);
  kill(pid, SIGUSR1);
  rest(10000);
  say("still stopped", waitpid(pid, &status, WNOHANG));
  kill(pid, SIGCONT);
  say_status("end", pid);
}
static void terminal_job_control(void) {
  int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  check("pty", terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
  pid_t session = fork();
  if (session == 0) {
    setsid();
    int tty = open(ptsname(terminal), O_RDWR);
    ioctl(tty, TIOCSCTTY, 0);
    signal(SIGTTOU, SIG_IGN);
    pid_t job = fork();
    if (job == 0) {
      setpgid(0, 0);
      tcsetpgrp(tty, getpid());
      signal(SIGTTOU, SIG_DFL);
      char line[16];
      ssize_t count = read(tty, line, sizeof line);
      _exit(count == 3 ? 15 : 16);
    }
    setpgid(job, job);
    rest(20000);
    int status;
    if (write(terminal, "\x1a", 1) != 1) _exit(1); /* Ctrl-Z */
    waitpid(job, &status, WUNTRACED);
    say("Ctrl-Z", WIFSTOPPED(status) ? WSTOPSIG(status) : -1);
    kill(-job, SIGCONT);
    rest(20000);
    kill(-job, SIGTSTP);
    waitpid(job, &status, WUNTRACED);
    say("SIGTSTP", WIFSTOPPED(status) ? WSTOPSIG(status) : -1);
    tcsetpgrp(tty, getpgrp());
    kill(-job, SIGCONT); /* It reads on, in the background. */
    waitpid(job, &status, WUNTRACED);
    say("background", WIFSTOPPED(status) ? WSTOPSIG(status) : -1);
    tcsetpgrp(tty, job);
    if (write(terminal, "ab\n", 3) != 3) _exit(1);
    kill(-job, SIGCONT);
    say_status("job", job);
    _exit(17);
  }
  say_status("session", session);
}
static void stops_from_outside(void) {
  pid_t pid = fork();
  if (pid == 0) {
    for (int i = 0; i < 300; i++) pthread_join(make(idle, NULL), NULL);
    for (int i = 0; i < 30; i++) status_of(fork() ?: (_exit(0), 0));
    _exit(18);
  }
  pid_t pest = fork();
  if (pest == 0) {
    for (int i = 0; i < 200; i++) {
      kill(pid, SIGSTOP);
      rest(i % 7 * 50);
      kill(pid, SIGCONT);
      rest(i % 5 * 100);
    }
    _exit(0);
  }
  say_status("end", pid);
  say_status("pest", pest);
}

/* Processes and namespaces. */

static void daemon_reads_from_its_parent(void) {
  int ends[2];
  check("pipe", pipe(ends) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    setsid();
    if (fork() != 0) _exit(0);
    char byte;
    close(ends[1]);
    while (read(ends[0], &byte, 1) > 0) {
    }
    _exit(0);
  }
  say_status("first child", pid);
  for (int i = 0; i < 10; i++) check("write", write(ends[1], "x", 1) == 1);
}
static void pid_namespace(void) {
  for (int i = 0; i < 3; i++) {
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid < 0) {
      say("errno", errno);
      return;
    }
    if (pid == 0) {
      /* The children that it leaves are killed with it, and reaped. */
      for (int k = 0; k < 3; k++)
        if (fork() == 0) {
          make(for_ever, NULL);
          for (;;) pause();
        }
      if (i == 1) *(volatile int *)1 = 1;
      if (i == 2) __builtin_trap();
      _exit(getpid() == 1 ? 19 : 20);
    }
    say_status("init", pid);
  }
}
static void user_namespace(void) {
  pid_t pid = fork();
  if (pid == 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) _exit(errno);
    pid_t inner = fork();
    if (inner == 0) {
      pthread_join(make(idle, NULL), NULL);
      _exit(getpid() == 1 ? 21 : 22);
    }
    int status;
    waitpid(inner, &status, 0);
    _exit(WEXITSTATUS(status));
  }
  say_status("namespace", pid);
}
static void zombie_leader(void) {
  pid_t pid = fork();
  if (pid == 0) {
    make((void *(*)(void *))execute_soon, "24");
    pthread_exit(NULL);
  }
  say_status("process", pid);
}
static void *end_soon(void *x) {
  rest(3000);
  syscall(SYS_exit, 0);
  return x;
}
static void leader_first(void) {
  pid_t pid = fork();
  if (pid == 0) {
    make(end_soon, NULL);
    syscall(SYS_exit, 25);
  }
  say_status("process", pid);
}
static void pidfds(void) {
  for (int i = 0; i < 10; i++) {
    int pidfd = -1;
    struct clone_args arguments = {
        .flags = CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = (uint64_t)(uintptr_t)&pidfd};
    long pid = clone3(&arguments);
    if (pid == 0) {
      rest(1000);
      _exit(26);
    }
    struct pollfd one = {.fd = pidfd, .events = POLLIN};
    say("poll", poll(&one, 1, 5000));
    siginfo_t information = {0};
    say("waitid", waitid((idtype_t)3, (id_t)pidfd, &information, WEXITED));
    say("status", information.si_status);
    close(pidfd);
  }
}
static void fork_bomb(void) {
  /* 2^7 processes, each with a thread. */
  for (int i = 0; i < 7; i++) fork();
  pthread_join(make(idle, NULL), NULL);
  int status;
  while (wait(&status) > 0 || errno == EINTR) {
  }
}
static void deep_family(void) {
  for (int i = 0; i < 40; i++) {
    pid_t pid = fork();
    if (pid != 0) {
      int status = status_of(pid);
      if (i == 0) say("depth", WEXITSTATUS(status));
      else _exit(WEXITSTATUS(status) + 1);
      return;
    }
  }
  _exit(0);
}

/* Filters of its own. */

static int filter(unsigned number, unsigned action, int flags) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {4, code};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}
static void own_filters(void) {
  static const unsigned actions[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP,
                                     SECCOMP_RET_ERRNO | 77,   SECCOMP_RET_LOG,         SECCOMP_RET_TRACE};
  for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      struct rlimit none = {0, 0};
      setrlimit(RLIMIT_CORE, &none);
      check("filter", filter(SYS_getpriority, actions[i], 0) == 0);
      errno = 0;
      long result = syscall(SYS_getpriority, 0, 0);
      /* With SECCOMP_RET_TRACE and no tracer the call would fail with ENOSYS: see "traced-filter". */
      if (actions[i] != SECCOMP_RET_TRACE) say("result", result < 0 ? -errno : 0);
      _exit(27);
    }
    say_status("filtered", pid);
  }
}
static void own_notifications(void) {
  int pair[2];
  check("socketpair", socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    int listener = filter(SYS_getpriority, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
    check("listener", listener >= 0);
    char control[CMSG_SPACE(sizeof listener)] = {0};
    struct iovec one = {"x", 1};
    struct msghdr message = {.msg_iov = &one, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS, header->cmsg_len = CMSG_LEN(sizeof listener);
    memcpy(CMSG_DATA(header), &listener, sizeof listener);
    check("sendmsg", sendmsg(pair[1], &message, 0) == 1);
    _exit((int)syscall(SYS_getpriority, 0, 0));
  }
  int listener = -1;
  char control[CMSG_SPACE(sizeof listener)], byte;
  struct iovec one = {&byte, 1};
  struct msghdr message = {.msg_iov = &one, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  check("recvmsg", recvmsg(pair[0], &message, 0) == 1);
  memcpy(&listener, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof listener);
  struct seccomp_notif asked = {0};
  check("receive", ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) == 0);
  struct seccomp_notif_resp answer = {.id = asked.id, .val = 28};
  say("asked for", asked.data.nr == SYS_getpriority);
  check("send", ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) == 0);
  say_status("notified", pid);
}
static void filter_for_all_threads(void) {
  for (int i = 0; i < 8; i++) make(for_ever, NULL);
  say("tsync", filter(SYS_getpriority, SECCOMP_RET_ERRNO | 5, SECCOMP_FILTER_FLAG_TSYNC));
  errno = 0;
  syscall(SYS_getpriority, 0, 0);
  say("errno", errno);
}

/* Locks. */

static void robust_mutex(void) {
  struct shared {
    pthread_mutex_t mutex;
  } *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  for (int i = 0; i < 10; i++) {
    pthread_mutex_init(&shared->mutex, &attributes);
    pid_t pid = fork();
    if (pid == 0) {
      pthread_mutex_lock(&shared->mutex);
      if (i % 3 == 0) kill(getpid(), SIGKILL);
      if (i % 3 == 1) execute("29");
      _exit(30);
    }
    say_status("owner", pid);
    say("lock", pthread_mutex_lock(&shared->mutex));
  }
}
static pthread_mutex_t inheriting;
static void *wait_for_it(void *x) {
  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec += 20000000;
  if (soon.tv_nsec >= 1000000000) soon.tv_nsec -= 1000000000, soon.tv_sec++;
  say("timedlock", pthread_mutex_timedlock(&inheriting, &soon));
  return x;
}
static void priority_inheritance(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
  pthread_mutex_init(&inheriting, &attributes);
  pthread_mutex_lock(&inheriting);
  pthread_join(make(wait_for_it, NULL), NULL);
}

/* What it was given. */

static void what_it_was_given(void) {
  sigset_t mask;
  sigprocmask(SIG_SETMASK, NULL, &mask);
  for (int number = 1; number < 65; number++) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL) say("not default", number);
    if (sigismember(&mask, number) == 1) say("blocked", number);
  }
  for (int fd = 0; fd < 64; fd++)
    if (fcntl(fd, F_GETFD) >= 0) say("open", fd);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  say("files", (long)limit.rlim_cur);
  cpu_set_t set;
  sched_getaffinity(0, sizeof set, &set);
  say("processors", CPU_COUNT(&set));
  say("nice", nice(0));
  say("alone in its group", getpgrp() == getpid());
}

static const struct {
  const char *name;
  void (*run)(void);
} modes[] = {
#define MODE(name) {#name, name}
    MODE(exec_from_every_thread), MODE(leader_exits_while_others_exec), MODE(exec_while_others_make_threads),
    MODE(exit_group_races), MODE(exec_chain), MODE(exec_fails), MODE(fork_in_thread_then_exec), MODE(vfork_children),
    MODE(vfork_in_many_threads), MODE(vfork_in_vfork), MODE(spawn), MODE(parent_of_vfork_killed), MODE(clone_flags),
    MODE(clone3_flags), MODE(clone_set_tid), MODE(clone_parent), MODE(clone_vm_process_threads), MODE(raw_threads),
    MODE(signals_into_newborns), MODE(blocks_all_signals), MODE(kill_in_every_state), MODE(siginfo_is_kept),
    MODE(signal_order), MODE(restarted_calls), MODE(ignored_signals_interrupt_nothing), MODE(handled_signals_interrupt),
    MODE(own_traps), MODE(faults), MODE(signalfd_and_sigwait), MODE(auto_reaped_children), MODE(waitid_keeps),
    MODE(stop_and_go), MODE(stopped_stays_stopped), MODE(signals_while_stopped), MODE(terminal_job_control),
    MODE(stops_from_outside), MODE(daemon_reads_from_its_parent), MODE(pid_namespace), MODE(user_namespace),
    MODE(zombie_leader), MODE(leader_first), MODE(pidfds), MODE(fork_bomb), MODE(deep_family), MODE(own_filters),
    MODE(own_notifications), MODE(filter_for_all_threads), MODE(robust_mutex), MODE(priority_inheritance),
    MODE(what_it_was_given),
};

int main(int argc, char **argv) {
  self = argv[0];
  const char *mode = argc > 1 ? argv[1] : "list";
  int number = argc > 2 ? atoi(argv[2]) : 0;
  if (!strcmp(mode, "exit")) return number;
  if (!strcmp(mode, "chain")) {
    char next[16];
    snprintf(next, sizeof next, "%d", number - 1);
    if (number > 0) execl(argv[0], argv[0], "chain", next, NULL);
    return 7;
  }
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    if (!strcmp(mode, "list")) puts(modes[i].name);
    if (!strcmp(mode, modes[i].name)) {
      modes[i].run();
      return 7;
    }
  }
  return !strcmp(mode, "list") ? 0 : 64;
}
