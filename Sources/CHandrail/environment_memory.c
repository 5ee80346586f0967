#include "guard_names.h"

#include "../../Guard/common/memory.c"
