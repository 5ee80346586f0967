#ifndef GUARD_LIST_H
#define GUARD_LIST_H

/* The list that `environ` leads to.

   It is filled from the bottom: its end, the null pointer, never moves, and no entry is ever null. A new entry is put
   before the first one; where one is removed, the first one takes its place, and the list begins one later. So an entry
   only ever moves towards the end: a reader that goes through the list while it changes meets every entry that was there
   all the time. Whoever has counted the entries and then reads them (execve, posix_spawn) finds as many as it counted.

   A list that is full is copied into one of twice the size; the old one stays as it is, for those who still read it.

   Called with the environment's lock held. */

#include <stddef.h>

/// Makes the environment a list of ours where it is none: at first it is the kernel's, and a program may put its own in
/// its place. Returns -1 where there is no memory.
int list_adopt(void);

/// Where in the list the first entry of a name stands, from an entry on; null where there is none. list_adopt was called.
char **list_find(char **from, const char *name, size_t name_length);

/// The first entry.
char **list_first(void);

/// Puts an entry before the others. Returns -1 where there is no memory.
int list_add(char *text);

/// Puts an entry in the place of another.
void list_replace(char **entry, char *text);

/// Removes an entry; those before it move.
void list_remove(char **entry);

/// Removes all, and makes `environ` null, as clearenv does.
void list_clear(void);

/// How many lists there were.
extern unsigned long list_count;

#endif
