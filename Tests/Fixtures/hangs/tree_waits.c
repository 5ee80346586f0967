// Shows processes that wait for each other for ever, and some that only seem to; MODE is the argument.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static int ends[2], others[2];
static char byte, block[1 << 20];
static const char *mode;

static int is(const char *name) { return strcmp(mode, name) == 0; }
static void handle(int number) { (void)number; }

// A child that does not outlive its parent.
static int child(void) {
  int parent = getpid();
  int pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
  }
  return pid;
}

static void ready(void) {
  usleep(200000);
  puts("ready");
  fflush(stdout);
}

static void until_readable(int descriptor, int timeout) {
  struct pollfd one = {descriptor, POLLIN, 0};
  if (is("select")) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(descriptor, &set);
    select(descriptor + 1, &set, NULL, NULL, NULL);
  } else if (is("epoll")) {
    struct epoll_event event = {EPOLLIN, {0}};
    int queue = epoll_create1(0);
    epoll_ctl(queue, EPOLL_CTL_ADD, descriptor, &event);
    epoll_wait(queue, &event, 1, timeout);
  } else {
    poll(&one, 1, timeout);
  }
}

static void *waits(void *x) {
  waitpid(-1, NULL, 0);
  return x;
}

static void send_descriptor(int socket, int descriptor) {
  char space[CMSG_SPACE(sizeof(int))];
  struct iovec part = {&byte, 1};
  struct msghdr message = {0};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
  if (sendmsg(socket, &message, 0) < 0) _exit(98);
}

struct shared {
  pthread_mutex_t a, b;
  sem_t x, y;
};

static struct shared *share(int robust) {
  struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  if (robust) pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&s->a, &attributes);
  pthread_mutex_init(&s->b, &attributes);
  sem_init(&s->x, 1, 0);
  sem_init(&s->y, 1, 0);
  return s;
}

static int starts_with(const char *prefix) { return strncmp(mode, prefix, strlen(prefix)) == 0; }

// A child that only sleeps, with all that is open.
static void sleeper(void) {
  if (child() == 0) {
    sleep(1000);
    _exit(0);
  }
}

static int listener(struct sockaddr_storage *address, socklen_t *size) {
  int family = is("tcp6") || is("tcp-mapped") ? AF_INET6 : AF_INET;
  struct sockaddr_in6 six = {.sin6_family = AF_INET6};
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (is("tcp6")) six.sin6_addr = in6addr_loopback;
  int s = socket(family, SOCK_STREAM, 0);
  if (bind(s, family == AF_INET ? (void *)&four : &six, family == AF_INET ? sizeof four : sizeof six) != 0) _exit(97);
  if (listen(s, 8) != 0) _exit(96);
  *size = sizeof *address;
  getsockname(s, (struct sockaddr *)address, size);
  if (is("tcp-mapped")) {
    four.sin_port = ((struct sockaddr_in6 *)address)->sin6_port;
    memcpy(address, &four, *size = sizeof four);
  }
  return s;
}

static int tcp(void) {
  struct sockaddr_storage address;
  socklen_t size;
  int server = listener(&address, &size);
  if (is("tcp-self")) {
    int own = socket(address.ss_family, SOCK_STREAM, 0);
    if (connect(own, (struct sockaddr *)&address, size) != 0) return 1;
    ready();
    return (int)recv(own, &byte, 1, 0);
  }
  if (child() == 0) {
    close(server);
    int own = socket(address.ss_family, SOCK_STREAM, 0);
    if (connect(own, (struct sockaddr *)&address, size) != 0) _exit(95);
    while (is("tcp-full"))
      if (send(own, block, sizeof block, 0) < 0) _exit(94);
    _exit((int)recv(own, &byte, 1, 0));
  }
  if (is("tcp-unaccepted")) {
    ready();
    return waitpid(-1, NULL, 0) < 0;
  }
  int other = accept(server, NULL, NULL);
  close(server);
  if (is("tcp-third")) sleeper();
  if (is("tcp-timed")) {
    struct timeval limit = {1000, 0};
    setsockopt(other, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ready();
  while (is("tcp-full"))
    if (send(other, block, sizeof block, 0) < 0) return 1;
  return (int)recv(other, &byte, 1, 0);
}

static int events(void) {
  int one = eventfd(0, 0), two = eventfd(0, 0);
  uint64_t value;
  if (is("eventfd-own")) {
    ready();
    return (int)read(one, &value, sizeof value);
  }
  if (is("eventfd-third")) sleeper();
  if (child() == 0) _exit((int)read(one, &value, sizeof value));
  ready();
  return (int)read(two, &value, sizeof value);
}

static int pidfds(void) {
  int sleeping = is("pidfd-third") ? child() : 0;
  if (is("pidfd-third") && sleeping == 0) {
    sleep(1000);
    _exit(0);
  }
  int whose = sleeping ? sleeping : getpid();
  int last = child();
  if (last == 0) {
    struct pollfd one = {(int)syscall(SYS_pidfd_open, whose, 0), POLLIN, 0};
    _exit(poll(&one, 1, -1));
  }
  ready();
  return waitpid(last, NULL, 0) < 0;
}

// Sets and queues outlive the program: whoever runs it removes them by their numbers.
static int semaphores(void) {
  int set = semget(is("sysv-key") ? 0x1717 + getpid() : IPC_PRIVATE, 2, IPC_CREAT | 0600);
  struct sembuf first = {0, -1, 0}, second = {1, -1, 0};
  printf("-s %d\n", set);
  fflush(stdout);
  if (is("sysv-third")) sleeper();
  if (child() == 0) _exit(semop(set, &first, 1));
  ready();
  return semop(set, &second, 1);
}

static int messages(void) {
  int one = msgget(IPC_PRIVATE, 0600), two = msgget(IPC_PRIVATE, 0600);
  struct {
    long type;
    char text[1000];
  } message = {1, {0}};
  printf("-q %d -q %d\n", one, two);
  fflush(stdout);
  if (is("messages-third")) sleeper();
  if (child() == 0) {
    while (is("messages-full")) msgsnd(one, &message, sizeof message.text, 0);
    _exit((int)msgrcv(one, &message, sizeof message.text, 0, 0));
  }
  ready();
  return (int)msgrcv(two, &message, sizeof message.text, 0, 0);
}

static int queues(void) {
  char name[2][64];
  mqd_t queue[2];
  struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 16};
  for (int i = 0; i < 2; i++) {
    snprintf(name[i], sizeof name[i], "/tree-waits-%d-%d", getpid(), i);
    queue[i] = mq_open(name[i], O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
    if (queue[i] < 0) return 1;
    mq_unlink(name[i]);
  }
  char text[16];
  if (is("queues-third")) sleeper();
  if (child() == 0) _exit((int)mq_receive(queue[0], text, sizeof text, NULL));
  ready();
  return (int)mq_receive(queue[1], text, sizeof text, NULL);
}

// A child waits for its parent, who waits for what nobody can know.
static int outside(void) {
  if (child() == 0) {
    close(ends[1]);
    _exit((int)read(ends[0], &byte, 1));
  }
  if (is("signalfd")) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    char information[256];
    int descriptor = signalfd(-1, &set, 0);
    ready();
    return (int)read(descriptor, information, sizeof information);
  }
  struct io_uring_params parameters = {0};
  int ring = (int)syscall(SYS_io_uring_setup, 4, &parameters);
  ready();
  return (int)syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
}

int main(int argc, char **argv) {
  mode = argc > 1 ? argv[1] : "";
  if (pipe(ends) != 0 || pipe(others) != 0) return 1;
  if (starts_with("tcp")) return tcp();
  if (starts_with("eventfd")) return events();
  if (starts_with("pidfd")) return pidfds();
  if (starts_with("sysv")) return semaphores();
  if (starts_with("messages")) return messages();
  if (starts_with("queues")) return queues();
  if (is("signalfd") || is("ring")) return outside();
  if (is("full-pipe") || is("full-pipe-threads") || is("full-pipe-usr1")) {
    // The parent waits for a child that cannot end before the parent has read.
    if (is("full-pipe-usr1")) signal(SIGUSR1, handle);
    if (child() == 0) {
      close(ends[0]);
      for (;;)
        if (write(ends[1], block, sizeof block) < 0) _exit(1);
    }
    close(ends[1]);
    ready();
    if (is("full-pipe-threads")) {
      pthread_t thread;
      pthread_create(&thread, NULL, waits, NULL);
      pthread_join(thread, NULL);
    }
    waitpid(-1, NULL, 0);
  } else if (is("own-full")) {
    ready();
    for (;;)
      if (write(ends[1], block, sizeof block) < 0) return 1;
  } else if (is("sockets")) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return 1;
    if (child() == 0) {
      close(pair[0]);
      return (int)recv(pair[1], &byte, 1, 0);
    }
    close(pair[1]);
    ready();
    return (int)recv(pair[0], &byte, 1, 0);
  } else if (is("poll") || is("select") || is("epoll") || is("poll-limited") || is("alarm") || is("in-flight") ||
             is("third") || is("reads") || is("own-hidden")) {
    int timeout = is("poll-limited") ? 100000 : -1;
    int pair[2];
    if (is("in-flight")) {
      if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return 1;
      send_descriptor(pair[0], ends[1]);
    }
    if (is("third") && child() == 0) {
      sleep(1000);
      _exit(0);
    }
    if (child() == 0) {
      close(ends[1]);
      close(others[0]);
      if (is("reads")) return (int)read(ends[0], &byte, 1);
      until_readable(ends[0], timeout);
      return 0;
    }
    close(ends[0]);
    close(others[1]);
    if (is("alarm")) {
      struct sigaction action = {.sa_handler = handle};
      sigaction(SIGALRM, &action, NULL);
      alarm(1000);
    }
    ready();
    if (is("reads")) return (int)read(others[0], &byte, 1);
    until_readable(others[0], timeout);
  } else if (is("mutexes") || is("mutexes-robust") || is("owner-gone") || is("semaphores")) {
    struct shared *s = share(is("mutexes-robust"));
    if (is("owner-gone")) {
      if (child() == 0) {
        pthread_mutex_lock(&s->a);
        _exit(0);
      }
      waitpid(-1, NULL, 0);
      ready();
      pthread_mutex_lock(&s->a);
    } else if (is("semaphores")) {
      if (child() == 0) {
        sem_wait(&s->x);
        sem_post(&s->y);
        _exit(0);
      }
      ready();
      sem_wait(&s->y);
      sem_post(&s->x);
    } else {
      if (child() == 0) {
        pthread_mutex_lock(&s->a);
        usleep(100000);
        pthread_mutex_lock(&s->b);
        _exit(0);
      }
      pthread_mutex_lock(&s->b);
      ready();
      pthread_mutex_lock(&s->a);
    }
  } else if (is("files")) {
    char one[] = "/tmp/tree-waits-XXXXXX", two[] = "/tmp/tree-waits-XXXXXX";
    int first = mkstemp(one), second = mkstemp(two);
    unlink(one);
    unlink(two);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (child() == 0) {
      fcntl(first, F_SETLK, &lock);
      usleep(100000);
      // The kernel finds circles of record locks itself; not this one, of which a part is a pipe.
      char c;
      close(others[1]);
      close(others[0]);
      close(ends[1]);
      return (int)read(ends[0], &c, 1);
    }
    close(ends[0]);
    usleep(50000);
    ready();
    (void)second;
    fcntl(first, F_SETLKW, &lock);
  }
  return 0;
}
