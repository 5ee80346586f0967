// main ends with a jump into a library's function, which faults: no frame of the program's own is left.
#include <string.h>

char *volatile text;

int main(void) { return (int)strlen(text); }
