// Ways into std::terminate that no throw leads to, and throws that come by other ways than `throw`, one a MODE.
#include <cstring>
#include <exception>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

struct Shape {
  Shape() { describe(); }
  __attribute__((noinline)) void describe() { name(); }
  virtual void name() = 0;
  virtual ~Shape() {}
};
struct Circle : Shape {
  void name() override {}
};

volatile bool fails = true;
struct Careless {
  __attribute__((noinline)) ~Careless() noexcept(false) {
    if (fails) throw std::runtime_error("from a destructor");
  }
};

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  if (!strcmp(mode, "pure-virtual")) Circle circle;
  if (!strcmp(mode, "rethrow-nothing")) throw;
  if (!strcmp(mode, "rethrow-exception")) std::rethrow_exception(std::make_exception_ptr(std::range_error("later")));
  if (!strcmp(mode, "text")) throw "a text that was thrown";
  if (!strcmp(mode, "library")) return std::vector<int>(3).at(count + 10);
  if (!strcmp(mode, "library-check")) return std::vector<int>(3)[count + 10];
  if (!strcmp(mode, "while-unwinding")) {
    try {
      Careless careless;
      throw std::runtime_error("the first one, which would be caught");
    } catch (std::exception &) {
    }
  }
  if (!strcmp(mode, "in-catch")) {
    try {
      throw std::runtime_error("handled");
    } catch (...) {
      std::terminate();
    }
  }
  if (!strcmp(mode, "joinable")) std::thread thread([] { std::this_thread::sleep_for(std::chrono::seconds(60)); });
  return 2;
}
