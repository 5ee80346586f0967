// Shows a 32-bit program without a libc, which forks, and exits with 7: compile with -m32 -nostdlib -static.
static int call(int number, int a, int b, int c) {
  int result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
  return result;
}
void _start(void) {
  int child = call(2, 0, 0, 0);
  if (child == 0) call(1, 3, 0, 0);
  int status = 0;
  call(7, child, (int)&status, 0);
  call(1, status == 3 << 8 ? 7 : 1, 0, 0);
}
