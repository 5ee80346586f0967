#ifndef GUARD_TEXTS_H
#define GUARD_TEXTS_H

/* The texts "NAME=value" that setenv makes.

   A text's memory is never given back, and it is always the text of one variable with one length: whoever still holds it
   reads a text of that name, of that length, with its zero byte where it always was. That is what makes every reader safe,
   the kernel and libc's own among them, however late it comes.

   Equal texts are one, so that a program that sets the same values again and again takes memory for each of them once.
   For those that set ever new ones, a text is written anew for another value of its variable with the same length where
     - no getenv has returned it: those stay as they are for ever (text_hand_out), and
     - it was replaced a second ago, and its variable has replaced texts of a megabyte; or a tenth of a second ago,
       and sixteen megabytes.
   What may meet that is a reader that does not ask us, libc's own or one that walks `environ`, and that has held on to a
   pointer for so long: it sees a later value of the variable, or some bytes of each. Never memory that is not that
   variable's text.

   All of this but text_hand_out is called with the environment's lock held. */

#include <stddef.h>

/// The text "NAME=value", which is in use until text_retire. Null where there is no memory.
char *text_of(const char *name, size_t name_length, const char *value);

/// Says that a text is in the environment no more. Others' texts are none of our business. Returns whether it is ours.
int text_retire(char *text);

/// Says that a text must stay as it is for ever. May be called by anybody, also in a signal handler. Returns 0 where it
/// is just being written anew: then whoever found it must look again.
int text_hand_out(char *text);

/// As text_hand_out, waiting for nobody: for texts found where the program has put them itself.
void text_keep(char *text);

/// How many texts were made, and how many times one was written anew.
struct text_counts {
  unsigned long made, rewritten;
};
extern struct text_counts text_counts;

#endif
