// Shows, for the command line: a null write in C++ below inlined calls and a template, with threads that wait, one of
// them named, and a text to be found in the heap.
#include <cstdlib>
#include <cstring>
#include <map>
#include <pthread.h>
#include <string>
#include "../until_asleep.h"

char *remembered;

void *waits(void *) {
  pause();
  return nullptr;
}

template <typename Key, typename Value> struct Store {
  std::map<Key, Value> values;
  __attribute__((noinline)) int *find(const Key &key) {
    return values.empty() ? nullptr : reinterpret_cast<int *>(values.size() + key.size());
  }
};

static inline __attribute__((always_inline)) void set(int *place) { *(volatile int *)(place + 4) = 7; }

__attribute__((noinline)) void crash(Store<std::string, std::map<std::string, std::string>> &store) {
  set(store.find("key"));
}

int main() {
  remembered = strdup("inquest remembers this text 4711");
  for (int i = 0; i < 3; i++) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, waits, nullptr) != 0) return 1;
  }
  until_all_asleep();
  Store<std::string, std::map<std::string, std::string>> store;
  crash(store);
  return 0;
}
