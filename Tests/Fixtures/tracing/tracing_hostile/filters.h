// A part of tracing_hostile.c: filters of its own, locks, and what it was given.
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
