#include "guard_names.h"

#include "../../Guard/list.c"
