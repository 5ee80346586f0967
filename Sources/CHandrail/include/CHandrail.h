/* The C and assembly under Handrail: what Swift cannot say. Nothing of it is promised to anybody else. */
#include "handrail_cancellation.h"
#include "handrail_environment.h"
#include "handrail_stack.h"
#include "handrail_threads.h"
