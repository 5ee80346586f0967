// Programs that libc ends with a message, one a MODE: assertions, heap checks, stack protector, fortified calls.
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>

volatile size_t length = 200;
volatile int zero;

__attribute__((noinline)) void smash(void) {
  char buffer[16];
  for (volatile size_t i = 0; i < length; i++) ((volatile char *)buffer)[i] = 'A';
  __asm__ volatile("" : : "r"(buffer) : "memory");
}

__attribute__((noinline)) void overflow(const char *text) {
  char buffer[8];
  strcpy(buffer, text);
  puts(buffer);
}

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "";
  if (!strcmp(mode, "assert")) assert(zero == 1);
  if (!strcmp(mode, "double-free")) {
    char *volatile block = malloc(40);
    free(block);
    free(block);
  }
  if (!strcmp(mode, "freed-or-overwritten")) {
    // No thread cache, no fast list: the header behind the block says that it is free.
    size_t *volatile block = malloc(2000), *volatile next = malloc(2000);
    next[-1] &= ~(size_t)1;
    free(block);
  }
  if (!strcmp(mode, "overflow-top")) {
    size_t *volatile block = malloc(40);
    memset((char *)block + zero, 0x41, 64 + (size_t)zero);
    block = malloc(4000);
  }
  if (!strcmp(mode, "invalid-free")) {
    char *volatile block = malloc(40);
    free(block + 8);
  }
  if (!strcmp(mode, "smash")) smash();
  if (!strcmp(mode, "fortify")) overflow("much more than eight bytes of text");
  if (!strcmp(mode, "abort")) abort();
  return 2;
}
