/* What `--summary` tells of the environment. */

#include "environment.h"
#include "../common/guard.h"
#include "list.h"
#include "../common/log.h"
#include "../common/memory.h"
#include "texts.h"

void environment_summary(void) {
  const struct environment_counts counts = environment_counts;
  if (!log_wants_summary(counts.changes + counts.removals + counts.clearings != 0)) return;
  struct log_line line;
  log_begin(&line);
  log_text(&line, "environment: ");
  log_number(&line, counts.changes);
  log_text(&line, " calls of setenv or putenv, ");
  log_number(&line, counts.removals);
  log_text(&line, " of unsetenv, ");
  log_number(&line, counts.clearings);
  log_text(&line, " of clearenv; ");
  log_number(&line, text_counts.made);
  log_text(&line, " texts and ");
  log_number(&line, list_count);
  log_text(&line, " lists kept for readers: ");
  log_number(&line, (memory_taken() + 1023) / 1024);
  log_text(&line, " KiB; ");
  log_number(&line, text_counts.rewritten);
  log_text(&line, " texts used again; ");
  log_number(&line, log_counts.places);
  log_text(&line, " places intervened for");
  log_end(&line);
}
