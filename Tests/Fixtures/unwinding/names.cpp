// Functions with names of every kind that a symbol table knows: overloaded, templates, local, weak, aliases.
#include <cstdlib>
#include <string>
#include <vector>

namespace outer {
template <typename T> struct Box {
  T value;
  __attribute__((noinline)) int open(int by) { return static_cast<int>(value) + by; }
};
__attribute__((noinline)) static int hidden(int x) { return x * 3; }
}  // namespace outer

extern "C" __attribute__((noinline)) int __shown(int x) { return outer::hidden(x) + 1; }
extern "C" __attribute__((weak, alias("__shown"))) int shown(int x);

__attribute__((noinline)) std::size_t lengths(const std::vector<std::string> &of) {
  std::size_t sum = 0;
  for (const auto &one : of) sum += one.size();
  return sum;
}

int counter = 1;

int main(int count, char **) {
  outer::Box<long> box{count};
  counter = box.open(2) + shown(count) + static_cast<int>(lengths({"a", "b"}));
  return std::abs(counter) & 1;
}
