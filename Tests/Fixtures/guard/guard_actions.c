#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
static sigjmp_buf back;
static volatile int calls, on_alternate, masked, si_code, was_default;
static char stack[65536];
static void show(const char *name, int number) {
  struct sigaction a;
  memset(&a, 0, sizeof a);
  int r = sigaction(number, 0, &a);
  printf("%s: %d %s flags %x mask %d%d%d\n", name, r, a.sa_handler == SIG_DFL ? "default" : a.sa_handler == SIG_IGN ? "ignore" : "handler", (unsigned)a.sa_flags & ~0x24000000u, sigismember(&a.sa_mask, SIGSEGV), sigismember(&a.sa_mask, SIGBUS), sigismember(&a.sa_mask, SIGUSR1));
}
static void look(void) {
  char here; sigset_t m; calls++;
  on_alternate = &here >= stack && &here < stack + sizeof stack;
  sigprocmask(0, 0, &m);
  masked = sigismember(&m, SIGSEGV) + 2 * sigismember(&m, SIGUSR1);
  struct sigaction a; sigaction(SIGSEGV, 0, &a); was_default = a.sa_handler == SIG_DFL;
}
static void jump(int n, siginfo_t *i, void *c) { (void)n; (void)c; si_code = i->si_code; look(); siglongjmp(back, 1); }
static char *page;
static void mend(int n, siginfo_t *i, void *c) { (void)n; look(); si_code = i->si_code; if (i->si_addr == page) mprotect(page, 4096, PROT_READ | PROT_WRITE); else { ucontext_t *u = c; (void)u; } }
static void plain(int n) { (void)n; look(); }
static void set(void (*h)(int, siginfo_t *, void *), int flags, int blocks) {
  struct sigaction a; memset(&a, 0, sizeof a); a.sa_sigaction = h; a.sa_flags = flags | SA_SIGINFO; if (blocks) sigaddset(&a.sa_mask, SIGUSR1);
  sigaction(SIGSEGV, &a, 0); 
}
static void report(const char *name) { printf("%s: calls %d alternate %d masked %d code %d default %d\n", name, calls, on_alternate, masked, si_code, was_default); calls = 0; si_code = 0; }
static void fault_with(const char *name, void (*h)(int, siginfo_t *, void *), int flags, int blocks) {
  set(h, flags, blocks); show(name, SIGSEGV);
  mprotect(page, 4096, PROT_NONE);
  double x = 1.5; asm volatile("" : "+x"(x));
  if (!sigsetjmp(back, 1)) { *page = 1; printf("went on, %g\n", x); } else printf("jumped\n");
  report(name);
}
static void *in_thread(void *name) {
  stack_t s; sigaltstack(0, &s); printf("%s: altstack flags %d sp %d size %d\n", (char*)name, s.ss_flags, s.ss_sp != 0, (int)s.ss_size);
  fault_with("thread", mend, SA_ONSTACK, 1);
  stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
  stack_t old; printf("%d ", sigaltstack(&own, &old)); printf("old %d %d\n", old.ss_flags, (int)old.ss_size);
  sigaltstack(0, &s); printf("own: %d %d %d\n", s.ss_flags, s.ss_sp == stack, (int)s.ss_size);
  fault_with("thread own", mend, SA_ONSTACK, 1);
  fault_with("thread own jump", jump, SA_ONSTACK, 0);
  own.ss_flags = SS_DISABLE; sigaltstack(&own, &old); printf("off: %d %d\n", old.ss_flags, (int)old.ss_size);
  sigaltstack(0, &s); printf("none: %d %d\n", s.ss_flags, (int)s.ss_size);
  fault_with("thread again", mend, SA_ONSTACK, 1);
  own.ss_flags = 77; printf("bad %d %d\n", sigaltstack(&own, 0), errno);
  own.ss_flags = 0; own.ss_size = 100; printf("small %d %d\n", sigaltstack(&own, 0), errno);
  return 0;
}
static void child(const char *name, void (*body)(void)) {
  fflush(stdout);
  pid_t p = fork(); if (!p) { body(); fflush(stdout); _exit(9); }
  int st; waitpid(p, &st, 0); printf("%s: signal %d core %d exit %d\n", name, WIFSIGNALED(st) ? WTERMSIG(st) : 0, WIFSIGNALED(st) && WCOREDUMP(st) ? 1 : 0, WIFEXITED(st) ? WEXITSTATUS(st) : -1);
}
static void null(void) { *(volatile int *)8 = 1; }
static void dies_after(void) { struct sigaction a = {.sa_handler = plain, .sa_flags = SA_RESETHAND}; sigaction(SIGSEGV, &a, 0); null(); }
static void ignores(void) { signal(SIGSEGV, SIG_IGN); raise(SIGSEGV); kill(getpid(), SIGSEGV); puts("ignored"); fflush(stdout); null(); }
static void raises(void) { signal(SIGSEGV, SIG_DFL); raise(SIGSEGV); }
static void bus(void) { kill(getpid(), SIGBUS); pause(); }
static void blocked(void) { sigset_t m; sigemptyset(&m); sigaddset(&m, SIGSEGV); sigprocmask(SIG_BLOCK, &m, 0); raise(SIGSEGV); sigset_t p; sigpending(&p); printf("pending %d\n", sigismember(&p, SIGSEGV)); fflush(stdout); null(); }
static void spawns(void) { pid_t p = vfork(); if (!p) { signal(SIGSEGV, SIG_IGN); _exit(0); } show("after vfork", SIGSEGV); execl("/bin/sh", "sh", "-c", "trap '' SEGV 2>/dev/null; kill -SEGV $$; echo survived; exec sh -c 'kill -SEGV $$; echo still'", (char*)0); }
int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  page = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  show("first", SIGSEGV); show("first", SIGBUS);
  printf("signal %d\n", signal(SIGSEGV, plain) == SIG_DFL); show("signal", SIGSEGV);
  printf("again %d\n", signal(SIGSEGV, SIG_IGN) == plain); show("ignored", SIGSEGV);
  printf("err %d %d\n", signal(SIGSEGV, SIG_ERR) == SIG_ERR, errno);
  printf("dfl %d\n", signal(SIGSEGV, SIG_DFL) == SIG_IGN); show("default", SIGSEGV);
#ifdef __GLIBC__
  printf("sysv %d\n", sysv_signal(SIGBUS, plain) == SIG_DFL); show("sysv", SIGBUS);
  raise(SIGBUS); printf("calls %d masked %d\n", calls, masked); signal(SIGBUS, SIG_DFL); calls = 0;
#endif
  printf("bad %d %d\n", sigaction(99, 0, 0), errno); printf("kill %d %d\n", signal(SIGKILL, plain) == SIG_ERR, errno);
  stack_t s; sigaltstack(0, &s); printf("altstack %d %d %d\n", s.ss_flags, s.ss_sp != 0, (int)s.ss_size);
  fault_with("mend", mend, 0, 1); fault_with("mend onstack", mend, SA_ONSTACK, 0); fault_with("nodefer", mend, SA_NODEFER, 0); fault_with("restart", mend, SA_RESTART, 0); fault_with("jump", jump, 0, 0); fault_with("jump onstack", jump, SA_ONSTACK, 1);
  fault_with("reset", mend, SA_RESETHAND, 0); show("after reset", SIGSEGV);
  stack_t own = {.ss_sp = stack, .ss_size = sizeof stack}; sigaltstack(&own, 0);
  fault_with("own", mend, SA_ONSTACK, 1); fault_with("own not asked", mend, 0, 1); fault_with("own jump", jump, SA_ONSTACK, 1);
  own.ss_flags = SS_DISABLE; sigaltstack(&own, 0);
  pthread_t t; pthread_create(&t, 0, in_thread, "thread"); pthread_join(t, 0);
  struct sigaction a = {.sa_handler = plain}; sigaction(SIGSEGV, &a, 0); raise(SIGSEGV); report("raised"); kill(getpid(), SIGSEGV); report("killed");
  signal(SIGSEGV, SIG_DFL);
  child("null", null); child("resets", dies_after); child("ignores", ignores); child("raises", raises); child("bus", bus); child("blocked", blocked); child("spawns", spawns);
  return 0;
}
