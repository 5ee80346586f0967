#ifndef HANDRAIL_SYSTEM_H
#define HANDRAIL_SYSTEM_H

/* System calls without libc's errno, the guard's; and lines on standard error, put together without memory. */

#include "../../Guard/common/system.h"

#define HIDDEN __attribute__((visibility("hidden")))

struct handrail_line {
  size_t length;
  char bytes[400];
};

/// "handrail: "
HIDDEN void handrail_line_begin(struct handrail_line *line);
HIDDEN void handrail_line_text(struct handrail_line *line, const char *text);
HIDDEN void handrail_line_number(struct handrail_line *line, unsigned long number);
HIDDEN void handrail_line_hexadecimal(struct handrail_line *line, unsigned long number);
/// Writes it by one system call.
HIDDEN void handrail_line_end(struct handrail_line *line);

#endif
