#ifndef HANDRAIL_ENVIRONMENT_H
#define HANDRAIL_ENVIRONMENT_H

#include <stddef.h>

/// Copies the environment as it stands at one moment, its texts "NAME=value" each with its zero byte. Returns how many bytes
/// that takes; where that is more than `capacity`, the copy is cut.
size_t handrail_environment_copy(char *bytes, size_t capacity);

/// Copies one variable's value with its zero byte as it stands at one moment. Returns how many bytes that takes, or 0 where it
/// is not set; where that is more than `capacity`, the copy is cut.
size_t handrail_environment_value(const char *name, char *bytes, size_t capacity);

/// setenv and unsetenv, with the errno that they fail with, or 0.
int handrail_environment_set(const char *name, const char *value, int overwrite);
int handrail_environment_unset(const char *name);

#endif
