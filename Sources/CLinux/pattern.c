#define _GNU_SOURCE
#include "pattern.h"

#include <regex.h>
#include <stdlib.h>

int32_t inquest_pattern_make(const char *text, int32_t ignores_case, void **pattern, char *message, uint64_t size) {
  *pattern = NULL;
  regex_t *compiled = malloc(sizeof *compiled);
  if (compiled == NULL) return REG_ESPACE;
  int result = regcomp(compiled, text, REG_EXTENDED | (ignores_case ? REG_ICASE : 0));
  if (result != 0) {
    regerror(result, compiled, message, (size_t)size);
    free(compiled);
    return result;
  }
  *pattern = compiled;
  return 0;
}

int32_t inquest_pattern_matches(const void *pattern, const char *bytes, uint64_t count) {
  regmatch_t range = {.rm_so = 0, .rm_eo = (regoff_t)count};
  return regexec(pattern, bytes, 1, &range, REG_STARTEND) == 0;
}

void inquest_pattern_free(void *pattern) {
  if (pattern == NULL) return;
  regfree(pattern);
  free(pattern);
}
