#include "guard_names.h"

#include "../../Guard/environment/list.c"
