/* A function three calls deep reads through a null pointer: for aarch64 under qemu. */
static volatile int *nowhere;

__attribute__((noinline)) static int third(int x) { return *nowhere + x; }
__attribute__((noinline)) static int second(int x) { return third(x + 1) + 1; }
__attribute__((noinline)) static int first(int x) { return second(x + 1) + 1; }

int main(int count, char **arguments) {
  (void)arguments;
  return first(count);
}
