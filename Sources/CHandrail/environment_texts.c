#include "guard_names.h"

#include "../../Guard/environment/texts.c"
