// thread_batches COUNT BATCH: makes COUNT threads that do nothing, BATCH at a time, and joins them.
#include <pthread.h>
#include <stdlib.h>

static void *nothing(void *argument) { return argument; }

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 20000, batch = argc > 2 ? atoi(argv[2]) : 64;
  if (batch < 1 || batch > 1024) return 64;
  pthread_t threads[1024];
  for (int made = 0; made < count; made += batch) {
    int now = count - made < batch ? count - made : batch;
    for (int i = 0; i < now; i++)
      if (pthread_create(&threads[i], NULL, nothing, NULL) != 0) return 1;
    for (int i = 0; i < now; i++)
      if (pthread_join(threads[i], NULL) != 0) return 1;
  }
  return 0;
}
