#include "system.h"

void handrail_line_text(struct handrail_line *line, const char *text) {
  for (; *text && line->length < sizeof line->bytes - 1; text++)
    line->bytes[line->length++] = (unsigned char)*text < 32 || *text == 127 ? '?' : *text;
}

static void digits(struct handrail_line *line, unsigned long number, unsigned base) {
  char written[24];
  int first = sizeof written - 1;
  written[first] = 0;
  do written[--first] = "0123456789abcdef"[number % base];
  while ((number /= base) != 0);
  handrail_line_text(line, &written[first]);
}

void handrail_line_number(struct handrail_line *line, unsigned long number) { digits(line, number, 10); }

void handrail_line_hexadecimal(struct handrail_line *line, unsigned long number) {
  handrail_line_text(line, "0x");
  digits(line, number, 16);
}

void handrail_line_begin(struct handrail_line *line) {
  line->length = 0;
  handrail_line_text(line, "handrail: ");
}

void handrail_line_end(struct handrail_line *line) {
  line->bytes[line->length++] = '\n';
  for (size_t done = 0; done < line->length;) {
    long count = system_call(SYS_write, 2, (long)(line->bytes + done), (long)(line->length - done), 0, 0, 0);
    if (count <= 0 && count != -4 /* EINTR */) return;
    if (count > 0) done += (size_t)count;
  }
}
