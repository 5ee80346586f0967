/* Where libc keeps a thread's cancelability: found by asking libc to change it, and looking at which byte of the thread's
   descriptor changes. So no offset of any version need be known, and what is not as expected is noticed before it is used. */

#define _GNU_SOURCE
#include <pthread.h>

#include "cancellation.h"
#include "../common/next.h"

/* glibc's own description of a thread's descriptor, for debuggers: libc exports it from 2.34 on. An offset is in the third
   number, behind how many bits there are, and of how many elements. */
extern const uint32_t _thread_db_sizeof_pthread __attribute__((weak));
extern const uint32_t _thread_db_pthread_cancelhandling[3] __attribute__((weak));

enum { tries = 1000, most_bytes = 0x1000, sure_bytes = 0x600, musl_bytes = 0xa0, canceling = 4, canceled = 8, exiting = 0x10 };

/* One thread at a time looks. */
static uint8_t seen[most_bytes];

static const uint8_t *descriptor(void) { return (const uint8_t *)pthread_self(); }

/* How much of it there is to look at: nothing need be mapped behind it. */
static size_t size;

static size_t size_in(enum cancellation_form form) {
  if (form == form_musl) return musl_bytes;
  if (&_thread_db_sizeof_pthread == NULL) return sure_bytes;
  return _thread_db_sizeof_pthread < most_bytes ? _thread_db_sizeof_pthread : most_bytes;
}

static void look(void) {
  for (size_t index = 0; index < size; index++) seen[index] = ((const volatile uint8_t *)descriptor())[index];
}

/* The one byte that differs by one bit, which was clear. Returns 0 where there is not just one. */
static int only_difference(uint32_t *offset, uint8_t *bit) {
  const volatile uint8_t *now = descriptor();
  int count = 0;
  for (uint32_t index = 0; index < size; index++) {
    uint8_t difference = seen[index] ^ now[index];
    if (difference == 0) continue;
    if ((difference & (difference - 1)) != 0 || (seen[index] & difference) != 0) return 0;
    *offset = index;
    *bit = difference;
    count++;
  }
  return count == 1;
}

static int is_as_before(void) {
  const volatile uint8_t *now = descriptor();
  for (uint32_t index = 0; index < size; index++)
    if (seen[index] != now[index]) return 0;
  return 1;
}

static uint8_t byte_at(uint32_t offset) { return ((const volatile uint8_t *)descriptor())[offset]; }

/* libc's own pair of functions does to the type what it is known to do. */
static int switches_type(const struct cancellation_layout *layout) {
  int before = cancellation_enable();
  int is_on = byte_at(layout->type) & layout->asynchronous;
  cancellation_disable(before);
  return is_on && !(byte_at(layout->type) & layout->asynchronous);
}

/* By a cancellation of this thread, which cannot be cancelled now. That also makes libc ready for cancellations: its
   handler is in place then, and the unwinder is loaded. */
static int find_flags(struct cancellation_layout *layout) {
  uint8_t *flags = (uint8_t *)descriptor() + layout->flags;
  uint8_t before = __atomic_load_n(flags, __ATOMIC_SEQ_CST);
  if ((next_as(pthread_cancel))(pthread_self()) != 0) return 0;
  uint8_t now = __atomic_load_n(flags, __ATOMIC_SEQ_CST);
  layout->canceled = canceled;
  layout->marks = now & (canceling | canceled);
  layout->exiting = exiting;
  /* A cancellation that was there before stays. */
  __atomic_and_fetch(flags, (uint8_t)(before | ~(canceling | canceled)), __ATOMIC_SEQ_CST);
  return now & canceled && (now & ~(canceling | canceled)) == (before & ~(canceling | canceled));
}

/* musl has them one behind the other (src/internal/pthread_impl.h, since 1.1.5). */
static int find_in_musl(struct cancellation_layout *layout) {
  if (layout->state % 4 != 0 || layout->state < 4 || layout->type != layout->state + 1) return 0;
  layout->flags = layout->state - 4;
  layout->canceled = layout->marks = 1;
  uint8_t *flags = (uint8_t *)descriptor() + layout->flags;
  if (__atomic_load_n(flags, __ATOMIC_SEQ_CST) != 0 || (next_as(pthread_cancel))(pthread_self()) != 0) return 0;
  return __atomic_exchange_n(flags, 0, __ATOMIC_SEQ_CST) == 1;
}

/* `disabled` was set just now, and the type is deferred, so that nothing can act meanwhile. */
static int find_state(struct cancellation_layout *layout) {
  (next_as(pthread_setcancelstate))(PTHREAD_CANCEL_ENABLE, NULL);
  look();
  (next_as(pthread_setcancelstate))(PTHREAD_CANCEL_DISABLE, NULL);
  return only_difference(&layout->state, &layout->disabled);
}

static int find_type(struct cancellation_layout *layout) {
  look();
  (next_as(pthread_setcanceltype))(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
  int is_found = only_difference(&layout->type, &layout->asynchronous);
  (next_as(pthread_setcanceltype))(PTHREAD_CANCEL_DEFERRED, NULL);
  return is_found && is_as_before();
}

/* A descriptor is also an element of a list: it changes when the thread beside it in that begins or ends. */
static int find_both(struct cancellation_layout *layout) {
  for (int attempt = 0; attempt < tries; attempt++)
    if (find_state(layout) && find_type(layout)) return 1;
  return 0;
}

/* The descriptor has one word for everything in all versions but the first ones of 2.34 and 2.35, where it has three. */
static int find_word(struct cancellation_layout *layout) {
  if (layout->type == layout->state) {
    layout->flags = layout->state;
    return layout->disabled == 1 && layout->asynchronous == 2;
  }
  if (_thread_db_pthread_cancelhandling == NULL || _thread_db_pthread_cancelhandling[2] >= size) return 0;
  layout->flags = _thread_db_pthread_cancelhandling[2];
  return 1;
}

int cancellation_find_layout(enum cancellation_form form, struct cancellation_layout *layout, const char **reason) {
  int state, type;
  *reason = "libc does not keep a thread's cancelability as was expected";
  size = size_in(form);
  if ((next_as(pthread_setcancelstate))(PTHREAD_CANCEL_DISABLE, &state) != 0) return 0;
  (next_as(pthread_setcanceltype))(PTHREAD_CANCEL_DEFERRED, &type);
  int is_found = find_both(layout);
  if (is_found && form == form_musl)
    is_found = find_in_musl(layout);
  else if (is_found)
    is_found = find_word(layout) && (form != form_asynchronous || switches_type(layout)) && find_flags(layout);
  if (type != PTHREAD_CANCEL_DEFERRED) (next_as(pthread_setcanceltype))(type, NULL);
  (next_as(pthread_setcancelstate))(state, NULL);
  return is_found;
}
