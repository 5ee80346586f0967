#ifndef HANDRAIL_GUARD_NAMES_H
#define HANDRAIL_GUARD_NAMES_H

/* The guard's own names, which it hides when it is preloaded, become ours: a program that links this library may have any of
   them. Its log has nothing to say here: the program uses the library on purpose. */

#define environment_lock handrail_environment_lock
#define environment_counts handrail_environment_counts
#define environment_before_fork handrail_environment_before_fork
#define environment_after_fork handrail_environment_after_fork
#define environment_in_child handrail_environment_in_child
#define environment_summary handrail_environment_summary
#define guard_is_secure handrail_is_secure
#define list_add handrail_list_add
#define list_adopt handrail_list_adopt
#define list_clear handrail_list_clear
#define list_count handrail_list_count
#define list_find handrail_list_find
#define list_first handrail_list_first
#define list_remove handrail_list_remove
#define list_replace handrail_list_replace
#define memory_holds handrail_memory_holds
#define memory_take handrail_memory_take
#define memory_taken handrail_memory_taken
#define text_counts handrail_text_counts
#define text_hand_out handrail_text_hand_out
#define text_keep handrail_text_keep
#define text_of handrail_text_of
#define text_retire handrail_text_retire

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdlib.h>

#include "../../Guard/common/guard.h"
#include "../../Guard/common/next.h"

#define log_intervention(part, place, function, name, deed) \
  ((void)(part), (void)(place), (void)(function), (void)(name), (void)(deed))

/* Nor is there a switch: this part is on. */
#define part_is_off(part) 0
#undef next_as
#define next_as(function) function

#endif
