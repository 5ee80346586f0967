#include "guard_names.h"

#include "../../Guard/texts.c"
