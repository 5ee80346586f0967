#ifndef INQUEST_REPLACE_H
#define INQUEST_REPLACE_H

/* Files that appear whole or not at all. Every function returns -errno where it fails. */

#include <stdint.h>

/// A file that takes the place of another when it is whole.
struct inquest_replacement {
  /// Where it will come to lie: links are followed. And where it is written meanwhile; empty while it has no name, as it
  /// has none where the file system knows such files (O_TMPFILE): then nothing is left where we are killed.
  char path[4096];
  char temporary[4096 + 16];
  int32_t descriptor;
};

/// Makes an empty file, without a name or beside `path`. Returns 0, or -errno: EISDIR for a folder, EINVAL for what is neither a regular
/// file nor new, such as a device. The corresponding C functions are realpath, stat, open and mkostemp.
int64_t inquest_begin_replacement(const char *path, struct inquest_replacement *replacement);

/// Puts what was written to the descriptor in the place of the path, with the permissions that a new file has.
/// Returns 0, or -errno; then nothing has changed. The corresponding C functions are fchmod, linkat, close and rename.
int64_t inquest_finish_replacement(struct inquest_replacement *replacement);

/// Removes what was written. The corresponding C functions are close and unlink.
void inquest_abandon_replacement(struct inquest_replacement *replacement);

#endif
