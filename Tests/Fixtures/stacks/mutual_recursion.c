// Shows two functions that call each other to the end of the stack, in the smallest frames there are (16 bytes):
// half a million frames on 8 MiB. To be compiled with -O2.
#include <stdio.h>

__attribute__((noinline)) unsigned descend_odd(unsigned turn);

__attribute__((noinline)) unsigned descend_even(unsigned turn) { return descend_odd(turn + 1) + 1; }

__attribute__((noinline)) unsigned descend_odd(unsigned turn) { return descend_even(turn + 1) + 2; }

int main(void) { printf("%u\n", descend_even(0)); }
