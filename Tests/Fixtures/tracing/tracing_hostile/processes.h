// A part of tracing_hostile.c: processes and namespaces.
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
