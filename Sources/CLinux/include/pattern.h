#ifndef INQUEST_PATTERN_H
#define INQUEST_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/// Compiles a POSIX extended regular expression. Returns 0 and fills `pattern`, or what regcomp gives; then
/// `message` says in words what is wrong, at most `size` bytes with a zero byte.
/// The corresponding C function is regcomp.
int32_t inquest_pattern_make(const char *text, int32_t ignores_case, void **pattern, char *message, uint64_t size);

/// Whether the expression matches anywhere in the bytes, which need no zero byte. Returns 1 or 0.
/// The corresponding C function is regexec with REG_STARTEND.
int32_t inquest_pattern_matches(const void *pattern, const char *bytes, uint64_t count);

/// Frees what inquest_pattern_make made. The corresponding C function is regfree.
void inquest_pattern_free(void *pattern);

#endif
