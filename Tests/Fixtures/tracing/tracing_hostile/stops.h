// A part of tracing_hostile.c: stopping.
static void stop_and_go(void) {
  struct signpost seen = signpost();
  pid_t pid = fork();
  if (pid == 0) {
    for (int i = 0; i < 3; i++) make(for_ever, NULL);
    for (int i = 0; i < 5; i++) {
      raise(i % 2 ? SIGSTOP : SIGTSTP);
      until_passed(seen); /* The parent must see that we went on before we stop again. */
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
    pass(seen);
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
  struct signpost handles = signpost();
  pid_t pid = fork();
  if (pid == 0) {
    handle(SIGUSR1, 0);
    pass(handles);
    while (caught < 1) rest(1000);
    _exit(14);
  }
  until_passed(handles);
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
    struct signpost reads = signpost();
    pid_t job = fork();
    if (job == 0) {
      setpgid(0, 0);
      tcsetpgrp(tty, getpid());
      signal(SIGTTOU, SIG_DFL);
      char line[16];
      pass(reads);
      ssize_t count = read(tty, line, sizeof line);
      _exit(count == 3 ? 15 : 16);
    }
    setpgid(job, job);
    until_passed(reads);
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
