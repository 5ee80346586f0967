#ifndef GUARD_CANCELLATION_H
#define GUARD_CANCELLATION_H

/* Cancellation of threads without a leak, and without one that is lost. cancellation.c says how. */

#include <stddef.h>
#include <stdint.h>

/// libc's code for cancellation, as it was found in the modules that it is made of: before glibc 2.41 each function that is
/// a cancellation point (a site) switches its thread to asynchronous cancellation, makes its system call, and switches back.
struct cancellation_site {
  uintptr_t begin;  /* From here on the thread can be cancelled at any instruction. */
  uintptr_t at;     /* The system call's instruction. */
  const char *name; /* The function's, as a program knows it; or null. */
  uint8_t is_close; /* Whose interruption leaves no descriptor behind (Linux). */
  uint8_t is_told;
};

/// What an interrupted instruction of libc's says of a call that can be cancelled.
enum cancellation_moment {
  moment_unknown, /* None of libc's cancellation points has just this to do; or its call is over. */
  moment_before,  /* The call has not begun, or will be begun anew. */
  moment_failed,  /* It has just returned -EINTR, having done nothing. */
  moment_libcs,   /* Within a function whose code is of a form that is not known: what libc does is done. */
};

/// How libc has cancellation points.
enum cancellation_form {
  form_unexpected,   /* It is not known. */
  form_asynchronous, /* By asynchronous cancellation around each call (glibc up to 2.40). */
  form_bridged,      /* By one routine that knows where it was interrupted (glibc from 2.41 on). */
  form_musl,         /* The same in musl, where glibc has it from. */
};

/// Finds the sites. Takes the dynamic linker's lock. `reason` says what is not as expected.
enum cancellation_form cancellation_find_sites(const char **reason);

/// What `pc` is, and at which site; `result` is what the register for it held. May be called in a signal handler.
enum cancellation_moment cancellation_moment_of(uintptr_t pc, long result, struct cancellation_site **site);

/// The site whose function holds an address behind its call; or null.
struct cancellation_site *cancellation_site_around(uintptr_t pc);

/// How many sites there are, and how many functions of an unknown form.
struct cancellation_counts {
  unsigned sites, unknown;
};
extern struct cancellation_counts cancellation_site_counts;

/// Whether an address is code of libc's.
int cancellation_is_libcs(uintptr_t address);

/// The two functions that each site calls, as they were found; null where there are none.
extern int (*cancellation_enable)(void);
extern void (*cancellation_disable)(int);

/// Where in a thread's descriptor (which a pthread_t points to) libc keeps what cancellation is about: each a byte and
/// the bits of it. They were found by changing them, and looking at what changed.
struct cancellation_layout {
  uint32_t state, type, flags;    /* Offsets. */
  uint8_t disabled, asynchronous; /* Bits of `state` and `type`. */
  uint8_t canceled;               /* The bit of `flags` that says that the thread is to end. */
  uint8_t marks;                  /* With it those that libc sets besides. */
  uint8_t exiting;                /* That it is ending: the same bit in all versions of glibc, from 2.17 to 2.43; musl has none. */
};

/// Finds it by means of the calling thread, all of whose signals are blocked. As a side effect libc is ready for
/// cancellations after it. Returns 0 where anything is not as expected.
int cancellation_find_layout(enum cancellation_form form, struct cancellation_layout *layout, const char **reason);

#endif
