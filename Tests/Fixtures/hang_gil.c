// The library of hang_gil.py: a lock that is held while Python is called back, and wanted by who holds the interpreter.
// Sends SIGABRT to the process a while later: a watchdog.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static pthread_mutex_t extension_lock = PTHREAD_MUTEX_INITIALIZER;

static void *watch(void *unused) {
  usleep(2000 * 1000);
  kill(getpid(), SIGABRT);
  return unused;
}

void hold_and_call(void (*callback)(void)) {
  pthread_t watchdog;
  pthread_create(&watchdog, NULL, watch, NULL);
  pthread_mutex_lock(&extension_lock);
  usleep(300 * 1000);
  callback();
  pthread_mutex_unlock(&extension_lock);
}

void want(void) { pthread_mutex_lock(&extension_lock); }

void run(void) {
  for (volatile unsigned long count = 0;; count++) {
  }
}
