#ifndef GUARD_PLAIN_NAME_H
#define GUARD_PLAIN_NAME_H

#include <stddef.h>

#include "words.h"

/// A mangled name as its author wrote it, where that is simple: "parser::parse", "Parser.parse". Else the name as it stands, also
/// where `size` bytes do not hold the other. May be called in a signal handler.
const char *plain_name(const char *mangled, char *name, size_t size);

#endif
