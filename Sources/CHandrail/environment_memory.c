#include "guard_names.h"

#include "../../Guard/memory.c"
