// Shows two functions that call each other until the stack ends: hundreds of thousands of frames.
volatile long turns;

__attribute__((noinline)) long pong(long n);

__attribute__((noinline)) long ping(long n) {
  turns = n;
  return pong(n + 1) + 1;
}

__attribute__((noinline)) long pong(long n) {
  turns = n;
  return ping(n + 1) + 3;
}

int main(void) { return (int)ping(0); }
