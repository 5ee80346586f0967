// A part of tracing_hostile.c: vfork, posix_spawn, clone and clone3.
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
  long pid;
  /* Somebody may have that id. */
  while ((pid = clone3(&arguments)) < 0 && errno == EEXIST && wanted > 30000) wanted--;
  if (pid == 0) _exit(getpid() == wanted ? 3 : 4);
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
