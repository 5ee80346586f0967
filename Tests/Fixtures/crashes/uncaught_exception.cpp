// Exceptions that nobody catches: a standard one with a message, a class of the program's own, an int, one that
// leaves a noexcept function.
#include <stdexcept>
#include <string>
#include <cstring>

namespace shop {
struct OrderError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Plain {
  int code;
};
}  // namespace shop

__attribute__((noinline)) void place_order(const char *mode) {
  if (!strcmp(mode, "standard")) throw std::out_of_range("no item 17");
  if (!strcmp(mode, "derived")) throw shop::OrderError("order 42 has no address");
  if (!strcmp(mode, "plain")) throw shop::Plain{7};
  if (!strcmp(mode, "int")) throw 5;
}
__attribute__((noinline)) void promise(const char *mode) noexcept { place_order(mode); }

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  if (!strcmp(mode, "noexcept")) promise("derived");
  if (!strcmp(mode, "nothing")) std::terminate();
  place_order(mode);
}
