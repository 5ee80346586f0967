// Shows a crash on the last of several stacks that lie in one array, each entered from the one before by a hand-written switch
// whose call frame information leads back. The order of the stacks is the argument: "up", "down", "mixed".
#include <string.h>

static char stacks[4][65536] __attribute__((aligned(16)));
static const int orders[3][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}};
static const int *order;
volatile int *nowhere;

int on_stack(void *top, int (*function)(int), int argument);
#if defined(__x86_64__)
__asm__(
    ".text\n.globl on_stack\n.type on_stack, @function\non_stack:\n"
    ".cfi_startproc\n"
    "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset %rbp, -16\n"
    "mov %rsp, %rbp\n.cfi_def_cfa_register %rbp\n"
    "mov %rdi, %rsp\nmov %edx, %edi\ncall *%rsi\n"
    "mov %rbp, %rsp\npop %rbp\n.cfi_def_cfa %rsp, 8\nret\n"
    ".cfi_endproc\n.size on_stack, .-on_stack\n");
#else
__asm__(
    ".text\n.globl on_stack\n.type on_stack, @function\non_stack:\n"
    ".cfi_startproc\n"
    "stp x29, x30, [sp, #-16]!\n.cfi_def_cfa_offset 16\n.cfi_offset x29, -16\n.cfi_offset x30, -8\n"
    "mov x29, sp\n.cfi_def_cfa_register x29\n"
    "mov sp, x0\nmov w0, w2\nblr x1\n"
    "mov sp, x29\n.cfi_def_cfa_register sp\nldp x29, x30, [sp], #16\n.cfi_def_cfa_offset 0\nret\n"
    ".cfi_endproc\n.size on_stack, .-on_stack\n");
#endif

__attribute__((noinline)) int deeper(int depth) {
  volatile int local = depth;
  if (depth == 4) return *nowhere;
  return on_stack(stacks[order[depth]] + sizeof stacks[0], deeper, depth + 1) + local;
}

int main(int argc, char **argv) {
  order = orders[!strcmp(argv[1], "up") ? 0 : !strcmp(argv[1], "down") ? 1 : 2];
  return deeper(0) + 1;
}
