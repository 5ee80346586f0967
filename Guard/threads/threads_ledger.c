/* The ledger: records of threads by their handles, and of those that are gone the last ones. */

#include "threads.h"

#include "../common/guard.h"
#include "../common/lock.h"
#include "../common/log.h"
#include "../common/signals.h"
#include "../common/system.h"

enum { rows = 4096, records_at_once = 512, most_sites = 256, most_fates = 512 };

static struct guard_lock lock;
static struct thread_record *table[rows];
static struct thread_record *free_records;
static unsigned long record_count, next_settlement = 4 * records_at_once;
static uint64_t serial;
static struct thread_counts counts;
static unsigned long present; /* Records in the table. */
static struct site {
  const void *place;
  unsigned long created;
} sites[most_sites]; /* The last is for all other places. */
static struct thread_fate fates[most_fates];
static unsigned long fate_count;

static uint64_t enter(void) {
  uint64_t mask = signals_block();
  lock_take(&lock);
  return mask;
}

static void leave(uint64_t mask) {
  lock_give(&lock);
  signals_restore(mask);
}

static struct thread_record **row_of(uintptr_t handle) {
  return &table[(size_t)((handle * 0x9e3779b97f4a7c15u) >> 52) % rows];
}

static uint16_t site_of(const void *place) {
  uint16_t index = 0;
  while (index < most_sites - 1 && sites[index].place != NULL && sites[index].place != place) index++;
  if (index < most_sites - 1) sites[index].place = place;
  return index;
}

static void recycle(struct thread_record *record) {
  record->next = free_records;
  free_records = record;
}

static void list(struct thread_record *record) {
  struct thread_record **row = row_of(record->handle);
  /* A handle that is given again was given back: a detached thread that ended without our hearing of it. */
  for (struct thread_record **link = row; *link != NULL;) {
    struct thread_record *other = *link;
    if (other->handle == record->handle && other->is_detached && !other->is_held) {
      *link = other->next;
      present--;
      recycle(other);
    } else {
      link = &other->next;
    }
  }
  record->next = *row;
  *row = record;
  record->is_listed = 1;
  if (++present > counts.most) counts.most = present;
}

/* Gives a record back once neither its creator nor its thread needs it, and nobody may join it any more. */
static void release(struct thread_record *record) {
  if (record->is_held || !record->has_ended || !record->is_detached) return;
  for (struct thread_record **link = row_of(record->handle); *link != NULL; link = &(*link)->next)
    if (*link == record) {
      *link = record->next;
      present--;
      break;
    }
  recycle(record);
}

/* Has a thread ended that did not say so? Its id may be another thread's already: the table has the newest serial of each
   id that lives. */
struct living {
  int32_t tid;
  uint64_t serial;
};

static void settle(void) {
  size_t slots = 64;
  while (slots < present * 2) slots *= 2;
  struct living *living = system_pages(slots * sizeof *living);
  if (living == NULL) return;
  long process = system_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
  for (int pass = 0; pass < 2; pass++)
    for (size_t row = 0; row < rows; row++)
      for (struct thread_record *record = table[row], *following; record != NULL; record = following) {
        following = record->next;
        if (record->tid == 0 || record->has_ended) continue;
        size_t slot = (uint32_t)record->tid * 2654435761u % slots;
        while (living[slot].tid != 0 && living[slot].tid != record->tid) slot = (slot + 1) % slots;
        if (pass == 0) {
          living[slot].tid = record->tid;
          if (record->serial > living[slot].serial) living[slot].serial = record->serial;
        } else if (
            record->serial < living[slot].serial ||
            system_call(SYS_tgkill, process, record->tid, 0, 0, 0, 0) == -3 /* ESRCH */) {
          record->has_ended = 1;
          release(record);
        }
      }
  system_call(SYS_munmap, (long)living, (long)(slots * sizeof *living), 0, 0, 0, 0);
}

struct thread_record *ledger_open(const void *place) {
  uint64_t mask = enter();
  if (free_records == NULL && present >= next_settlement) {
    settle();
    next_settlement = present * 2 < 4 * records_at_once ? 4 * records_at_once : present * 2;
  }
  if (free_records == NULL) {
    struct thread_record *fresh = system_pages(records_at_once * sizeof *fresh);
    for (size_t index = 0; fresh != NULL && index < records_at_once; index++) recycle(&fresh[index]);
    if (fresh != NULL) record_count += records_at_once;
  }
  struct thread_record *record = free_records;
  if (record != NULL) {
    free_records = record->next;
    *record = (struct thread_record){.place = place, .serial = ++serial, .is_held = 1};
    record->site = site_of(place);
  }
  leave(mask);
  return record;
}

void ledger_begun(struct thread_record *record) {
  uint64_t mask = enter();
  if (!record->is_listed) list(record);
  leave(mask);
}

void ledger_created(struct thread_record *record, uintptr_t handle, int is_detached) {
  uint64_t mask = enter();
  counts.created++;
  sites[record->site].created++;
  if (!record->is_listed) {
    record->handle = handle;
    list(record);
  }
  if (is_detached) {
    if (!record->is_detached) counts.detached++;
    record->is_detached = 1;
  }
  record->is_held = 0;
  release(record);
  leave(mask);
}

void ledger_failed(struct thread_record *record) {
  uint64_t mask = enter();
  counts.failed++;
  recycle(record);
  leave(mask);
}

void ledger_ended(struct thread_record *record) {
  uint64_t mask = enter();
  record->has_ended = 1;
  release(record);
  leave(mask);
}

/* The oldest thread of this handle that may be joined: a newer one has it where the handle was given again before we came to
   hear of the join. */
static struct thread_record *joinable(uintptr_t handle) {
  struct thread_record *found = NULL;
  for (struct thread_record *record = *row_of(handle); record != NULL; record = record->next)
    if (record->handle == handle && !record->is_detached && (found == NULL || record->serial < found->serial))
      found = record;
  return found;
}

static void remember(const struct thread_record *record, const void *place, int was_joined) {
  fates[fate_count++ % most_fates] = (struct thread_fate){
      record->handle, record->place, place, record->tid, (int32_t)system_call(SYS_gettid, 0, 0, 0, 0, 0, 0),
      (uint8_t)was_joined};
}

void ledger_joined(uintptr_t handle, const void *place) {
  uint64_t mask = enter();
  struct thread_record *record = joinable(handle);
  if (record != NULL) {
    counts.joined++;
    remember(record, place, 1);
    record->is_detached = record->has_ended = 1;
    release(record);
  }
  leave(mask);
}

void ledger_detached(uintptr_t handle, const void *place) {
  uint64_t mask = enter();
  struct thread_record *record = joinable(handle);
  if (record != NULL) {
    counts.detached++;
    remember(record, place, 0);
    record->is_detached = 1;
    release(record);
  }
  leave(mask);
}

int ledger_find(uintptr_t handle, struct thread_record *copy, struct thread_fate *fate) {
  uint64_t mask = enter();
  int is_known = 0;
  for (struct thread_record *record = *row_of(handle); record != NULL; record = record->next)
    if (record->handle == handle && (is_known == 0 || record->serial > copy->serial)) {
      *copy = *record;
      is_known = 2;
    }
  for (unsigned long step = 1; is_known != 2 && step <= most_fates && step <= fate_count; step++) {
    const struct thread_fate *candidate = &fates[(fate_count - step) % most_fates];
    if (candidate->handle != handle) continue;
    *fate = *candidate;
    is_known = 1;
    break;
  }
  leave(mask);
  return is_known;
}

struct thread_counts ledger_counts(void) {
  uint64_t mask = enter();
  settle();
  struct thread_counts result = counts;
  for (size_t row = 0; row < rows; row++)
    for (const struct thread_record *record = table[row]; record != NULL; record = record->next) {
      if (!record->has_ended) result.running++;
      if (record->has_ended && !record->is_detached) result.unjoined++;
    }
  leave(mask);
  return result;
}

size_t ledger_unjoined(const void **places, unsigned long *numbers, size_t most) {
  unsigned long unjoined[most_sites] = {0};
  uint64_t mask = enter();
  for (size_t row = 0; row < rows; row++)
    for (const struct thread_record *record = table[row]; record != NULL; record = record->next)
      if (record->has_ended && !record->is_detached) unjoined[record->site]++;
  leave(mask);
  size_t count = 0;
  for (; count < most; count++) {
    size_t worst = 0;
    for (size_t site = 1; site < most_sites; site++)
      if (unjoined[site] > unjoined[worst]) worst = site;
    if (unjoined[worst] == 0) break;
    places[count] = sites[worst].place;
    numbers[count] = unjoined[worst];
    unjoined[worst] = 0;
  }
  return count;
}

static uint64_t mask_before_fork;

void threads_before_fork(void) {
  uint64_t mask = enter();
  mask_before_fork = mask;
}

void threads_after_fork(void) { leave(mask_before_fork); }

/* The child has one thread. Records of the others stay what they are: few will ask. */
void threads_in_child(void) {
  struct thread_record *current = thread_current();
  /* Most programs that fork have made none: nothing is written to then. */
  if (serial == 0) {
    leave(mask_before_fork);
    return;
  }
  serial = 0;
  for (size_t row = 0; row < rows; row++)
    for (struct thread_record *record = table[row], *following; record != NULL; record = following) {
      following = record->next;
      if (record != current) recycle(record);
    }
  for (size_t row = 0; row < rows; row++) table[row] = NULL;
  counts = (struct thread_counts){0, 0, 0, 0, 0, 0, 0};
  for (size_t site = 0; site < most_sites; site++) sites[site] = (struct site){NULL, 0};
  fate_count = present = 0;
  if (current != NULL) {
    /* It is the main thread now, which nobody can join but who may: it is left out. */
    current->is_listed = 0;
    current->is_detached = 1;
    current->is_held = 1;
    current->tid = (int32_t)system_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
  }
  leave(mask_before_fork);
}
