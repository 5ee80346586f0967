// C++ programs that hang on the standard library's locks, one a MODE: an inversion of two mutexes in objects on the heap, a
// future that nobody fulfils, a static whose first use needs itself in another thread, an object's recursive mutex, and a
// condition variable that nobody signals, or one that a sleeper will signal (which is no hang).
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <future>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "../until_asleep.h"

using namespace std::chrono_literals;

static void announce() {
  until_all_asleep();
  std::puts("ready");
  std::fflush(stdout);
}

struct Account {
  long balance = 0;
  std::mutex lock;
};

struct Ledger {
  std::recursive_mutex lock;
  void add(std::mutex &other) {
    std::lock_guard<std::recursive_mutex> first(lock);
    std::lock_guard<std::recursive_mutex> again(lock);
    when_held_by(2);
    std::lock_guard<std::mutex> guard(other);
  }
};

__attribute__((noinline)) static void transfer(Account &from, Account &to) {
  std::lock_guard<std::mutex> first(from.lock);
  when_held_by(2);
  std::lock_guard<std::mutex> second(to.lock);
  from.balance--;
  to.balance++;
}

static std::mutex registry;

static int slow() {
  when_held_by(2);
  std::lock_guard<std::mutex> guard(registry);
  return 1;
}

static int first_use() {
  static int value = slow();
  return value;
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "inversion";
  auto is = [mode](const char *name) { return std::strcmp(mode, name) == 0; };
  bool isLast = is("future") || is("condition") || is("condition-later");
  if (!isLast) std::thread([] { announce(); std::this_thread::sleep_for(1h); }).detach();
  if (is("inversion")) {
    auto *a = new Account, *b = new Account;
    std::thread other([=] { transfer(*b, *a); });
    transfer(*a, *b);
    other.join();
  } else if (is("recursive")) {
    auto *ledger = new Ledger;
    std::thread other([=] {
      std::lock_guard<std::mutex> guard(registry);
      when_held_by(2);
      std::lock_guard<std::recursive_mutex> second(ledger->lock);
    });
    ledger->add(registry);
    other.join();
  } else if (is("static")) {
    std::thread other([] { first_use(); });
    std::lock_guard<std::mutex> guard(registry);
    when_held_by(2);
    first_use();
    other.join();
  } else if (is("condition") || is("condition-later")) {
    std::condition_variable changed;
    bool isDone = false;
    std::thread other([&] {
      std::unique_lock<std::mutex> guard(registry);
      changed.wait(guard, [&] { return isDone; });
    });
    announce();
    if (is("condition-later")) {
      std::this_thread::sleep_for(1h);
      std::lock_guard<std::mutex> guard(registry);
      isDone = true;
      changed.notify_one();
    }
    other.join();
  } else if (is("future")) {
    std::promise<int> promise;
    announce();
    return promise.get_future().get();
  }
}
