// Shows a crash in hand-written code that has neither call frame information nor a frame of its own, below functions with frames.
long crash_frameless(long *p);
__asm__(
    ".text\n.globl crash_frameless\n.type crash_frameless, @function\ncrash_frameless:\n"
    "push %r12\npush %r13\nmov $1, %r12\nadd %r12, %rdi\nnop\nnop\nmov (%rdi), %rax\npop %r13\npop %r12\nret\n"
    ".size crash_frameless, .-crash_frameless\n");

__attribute__((noinline)) long middle(long *p) { return crash_frameless(p) + 1; }
__attribute__((noinline)) long outer(long *p) { return middle(p) + 1; }
int main(int argc, char **argv) { return (int)outer((long *)(long)argc) + 1; }
