// A part of tracing_hostile.c: signals.
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
  struct signpost blocked = signpost();
  pid_t pid = fork();
  if (pid == 0) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (int i = 0; i < 4; i++) make(for_ever, NULL);
    pass(blocked);
    for (;;) pause();
  }
  until_passed(blocked);
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
  /* Not so often that a slow machine does nothing else. */
  struct itimerval often = {{0, 20000}, {0, 20000}};
  int ends[2];
  check("pipe", pipe(ends) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    rest(100000);
    _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
  }
  setitimer(ITIMER_REAL, &often, NULL);
  char byte;
  say("read", read(ends[0], &byte, 1));
  say_status("child", pid);
  struct timespec time = {0, 300000000}, left = {0, 0};
  int result = nanosleep(&time, &left);
  say("nanosleep", result);
  struct pollfd none = {.fd = ends[0], .events = POLLIN};
  say("poll", poll(&none, 1, 300));
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
