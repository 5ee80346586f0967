// Faults of plain memory accesses and jumps, one a MODE: null, near null, non-canonical, wild, bad jumps,
// read-only and non-executable memory, a mapping beyond the end of its file, misaligned vectors.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct node {
  long header[4];
  struct node *next;
  long value;
};

struct node *volatile current, *volatile nothing;
volatile long sink;
const char constant_text[] = "a constant";
int (*volatile callback)(void);

__attribute__((noinline)) long read_field(struct node *node) { return node->value; }
__attribute__((noinline)) void write_field(struct node *node) { *(volatile long *)&node->value = 7; }
__attribute__((noinline)) long from_global(void) { return current->value; }
__attribute__((noinline)) int call_it(void) { return callback() + 1; }
__attribute__((noinline)) void jump_over_data(void) {
  char code[64];
  memset(code, 0x90, sizeof code);
  callback = (int (*)(void))code;
  sink = call_it();
}

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  if (!strcmp(mode, "null-read")) sink = read_field(nothing);
  if (!strcmp(mode, "null-write")) write_field(nothing);
  if (!strcmp(mode, "null-global")) sink = from_global();
  if (!strcmp(mode, "null-strlen")) sink = (long)strlen((char *)(void *volatile){0});
  if (!strcmp(mode, "non-canonical")) sink = read_field((struct node *)0x6867666564636261);
  if (!strcmp(mode, "freed-pattern")) sink = read_field((struct node *)0x5a5a5a5a5a5a5a5a);
  if (!strcmp(mode, "wild")) sink = read_field((struct node *)0x123456789000);
  if (!strcmp(mode, "null-call")) sink = call_it();
  if (!strcmp(mode, "wild-call")) {
    callback = (int (*)(void))0x123456789000;
    sink = call_it();
  }
  if (!strcmp(mode, "non-canonical-call")) {
    callback = (int (*)(void))0x6867666564636261;
    sink = call_it();
  }
  if (!strcmp(mode, "write-constant")) *(volatile char *)constant_text = 'A';
  if (!strcmp(mode, "write-code")) *(volatile char *)main = 0;
  if (!strcmp(mode, "execute-stack")) jump_over_data();
  if (!strcmp(mode, "execute-heap")) {
    callback = (int (*)(void))malloc(64);
    sink = call_it();
  }
  if (!strcmp(mode, "beyond-file")) {
    int file = open("mapped.data", O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || ftruncate(file, 100)) return 3;
    volatile char *mapping = mmap(0, 8 << 12, PROT_READ, MAP_SHARED, file, 0);
    sink = mapping[3 << 12];
  }
  if (!strcmp(mode, "misaligned")) {
#ifdef __x86_64__
    char *buffer = malloc(64);
    __asm__ volatile("movaps %%xmm0, (%0)" : : "r"(buffer + 4) : "memory");
#endif
  }
  if (!strcmp(mode, "alignment-check")) {
#ifdef __x86_64__
    char *buffer = malloc(64);
    __asm__ volatile("pushf; orl $0x40000, (%%rsp); popf; movl $1, (%0)" : : "r"(buffer + 1) : "memory", "cc");
#endif
  }
  if (!strcmp(mode, "own-kill")) kill(getpid(), SIGSEGV);
  return 2;
}
