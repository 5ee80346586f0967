// Shows getenv on one thread while another one calls setenv ("race"), and what looks like it and is none: the same thread
// ("alone"), one after the other ("ordered"), in another process ("forked"), with a lock around both ("locked").
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { rounds = 200 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int locks;
static atomic_int written;
static atomic_int reading;

static void *read_all(void *unused) {
  for (int i = 0; i < rounds || (unused == NULL && !atomic_load(&written)); i++) {
    if (locks) pthread_mutex_lock(&lock);
    getenv("NOT_THERE");
    atomic_store(&reading, 1);
    if (locks) pthread_mutex_unlock(&lock);
  }
  return unused;
}

static void write_all(void) {
  char name[32];
  for (int i = 0; i < rounds; i++) {
    snprintf(name, sizeof name, "VARIABLE_%d", i);
    if (locks) pthread_mutex_lock(&lock);
    setenv(name, "value", 1);
    if (locks) pthread_mutex_unlock(&lock);
  }
  atomic_store(&written, 1);
}

int main(int count, char **arguments) {
  const char *way = count > 1 ? arguments[1] : "race";
  pthread_t reader;
  setenv("BEFORE", "1", 1);
  if (strcmp(way, "alone") == 0) {
    write_all();
    read_all(&reader);
  } else if (strcmp(way, "ordered") == 0) {
    write_all();
    pthread_create(&reader, NULL, read_all, NULL);
    pthread_join(reader, NULL);
  } else if (strcmp(way, "forked") == 0) {
    pid_t child = fork();
    if (child == 0) {
      write_all();
      _exit(0);
    }
    atomic_store(&written, 1);
    read_all(&reader);
    waitpid(child, NULL, 0);
  } else {
    locks = strcmp(way, "locked") == 0;
    pthread_create(&reader, NULL, read_all, NULL);
    while (!atomic_load(&reading)) usleep(100);
    write_all();
    pthread_join(reader, NULL);
  }
  return 0;
}
