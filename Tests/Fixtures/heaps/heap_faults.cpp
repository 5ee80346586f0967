// Shows C++ objects used after they were freed, one a MODE: a virtual call of a deleted object, an iterator of a vector
// that has grown, a reference into an erased node; and a live object whose pointer is null.
#include <cstring>
#include <list>
#include <memory>
#include <vector>

struct Shape {
  virtual ~Shape() = default;
  virtual long area() = 0;
  Shape *next = nullptr;
};
struct Square : Shape {
  long side[4] = {};
  long area() override { return side[0] * side[0]; }
};

volatile long sink;

[[gnu::noinline]] static long area_of(Shape *shape) { return shape->area(); }
[[gnu::noinline]] static long next_area(Shape *shape) { return shape->next->area(); }
[[gnu::noinline]] static long first(std::vector<long *>::iterator position) { return **position; }
[[gnu::noinline]] static Shape *make() { return new Square; }

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  Shape *shape = make(), *other = make(), *keeper = make();
  if (!strcmp(mode, "deleted")) {
    delete other;
    delete shape;
    sink = area_of(shape);
  }
  if (!strcmp(mode, "iterator")) {
    static long value = 1;
    std::vector<long *> pointers(4, &value);
    auto position = pointers.begin();
    for (int i = 0; i < 100; i++) pointers.push_back(&value);
    sink = first(position);
  }
  if (!strcmp(mode, "live")) sink = next_area(keeper);
  return 2;
}
