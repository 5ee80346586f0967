/* getenv, setenv and their kin in the place of libc's, for a program that is linked with this. */
#include "guard_names.h"

#include "../../Guard/environment/environment.c"
