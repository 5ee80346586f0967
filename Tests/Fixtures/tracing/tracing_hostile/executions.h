// A part of tracing_hostile.c: execs and ends.
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
