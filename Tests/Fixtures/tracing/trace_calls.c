// Shows calls of many kinds, of threads and children, each with a result that is known; compared with strace's view.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_barrier_t start;

static void *work(void *unused) {
  struct stat found;
  // All at once: a thread that began after another's end would take that one's stack instead of mapping its own.
  pthread_barrier_wait(&start);
  for (int i = 0; i < 20; i++) stat("/etc", &found);
  return unused;
}

static void note(int number) { (void)number; }

int main(void) {
  char buffer[64];
  struct stat found;
  int missing = open("/nonexistent/file", O_RDWR);
  int file = open("/etc/hostname", O_RDONLY | O_CLOEXEC);
  read(file, buffer, 4);
  lseek(file, 1, SEEK_SET);
  fstat(file, &found);
  close(file);
  close(missing);
  int ends[2];
  if (pipe(ends) != 0) return 1;
  struct iovec parts[2] = {{"one", 3}, {"two\n", 4}};
  writev(ends[1], parts, 2);
  struct pollfd waited = {.fd = ends[0], .events = POLLIN};
  poll(&waited, 1, 1000);
  read(ends[0], buffer, sizeof buffer);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  bind(listener, (struct sockaddr *)&address, sizeof address);
  listen(listener, 1);
  int watch = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(watch, EPOLL_CTL_ADD, listener, &event);
  epoll_wait(watch, &event, 1, 0);
  signal(SIGUSR1, note);
  raise(SIGUSR1);
  pthread_barrier_init(&start, NULL, 4);
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, work, NULL);
  pthread_barrier_wait(&start);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  pid_t child = fork();
  if (child == 0) {
    mkdir("/proc/nothing", 0755);
    _exit(7);
  }
  int status;
  waitpid(child, &status, 0);
  return 3;
}
