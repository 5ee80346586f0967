// Shows a recursion with no period: which of five functions comes next is drawn by lot, until the stack ends.
volatile unsigned state = 12345;
volatile int sink;

static unsigned draw(void) {
  state = state * 1103515245u + 12345u;
  return state >> 16;
}

__attribute__((noinline)) int next(int n);
__attribute__((noinline)) int a(int n) { volatile char pad[16]; pad[0] = n; return next(n + 1) + pad[0]; }
__attribute__((noinline)) int b(int n) { volatile char pad[32]; pad[0] = n; return next(n + 1) + pad[0]; }
__attribute__((noinline)) int c(int n) { volatile char pad[64]; pad[0] = n; return next(n + 1) + pad[0]; }
__attribute__((noinline)) int d(int n) { volatile char pad[96]; pad[0] = n; return next(n + 1) + pad[0]; }
__attribute__((noinline)) int e(int n) { volatile char pad[8]; pad[0] = n; return next(n + 1) + pad[0]; }

__attribute__((noinline)) int next(int n) {
  int r;
  switch (draw() % 5) {
    case 0: r = a(n); break;
    case 1: r = b(n); break;
    case 2: r = c(n); break;
    case 3: r = d(n); break;
    default: r = e(n);
  }
  sink = r;
  return r + 1;
}

int main(void) { return next(0) + 1; }
