#define _GNU_SOURCE
#include "texts.h"

#include <time.h>

#include "../common/memory.h"
#include "../common/system.h"
#include "../common/words.h"

enum { may_be_rewritten, handed_out, being_rewritten };

struct record {
  struct record *next;   /* With a hash that ends alike. */
  struct record *behind; /* Retired after this one. */
  uint64_t seal;         /* Tells a record from other bytes before a text. */
  uint32_t hash, length, retired_at;
  uint8_t state, in_use, in_queue, is_stamped;
  char text[];
};

/* What a variable's texts of one length were retired in, the oldest first. */
struct queue {
  struct queue *next;
  struct variable *variable;
  struct record *first, *last;
  size_t length;
};

struct variable {
  struct variable *next;
  struct queue *queues;
  const char *name; /* The beginning of one of its texts. */
  size_t name_length;
  size_t retired_bytes;
};

enum { variable_heads = 256, first_heads = 512 };

struct text_counts text_counts;
static struct variable *variables[variable_heads];
static struct record **heads;
static size_t head_count, record_count;

/* The kernel is asked for the time once for so many retirements, and by a system call: libc's function may be another
   preloaded library's, which calls setenv. Texts retired since do not count as retired yet. */
enum { retired_between = 16 };
static struct record *unstamped[retired_between];
static size_t unstamped_count;
static uint32_t last_time; /* In milliseconds. */

static void stamp(struct record *record) {
  record->is_stamped = 0;
  unstamped[unstamped_count++] = record;
  if (unstamped_count < retired_between) return;
  unstamped_count = 0;
  struct timespec now = {0, 0};
  system_call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0, 0, 0);
  last_time = (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
  for (size_t index = 0; index < retired_between; index++) {
    unstamped[index]->retired_at = last_time;
    unstamped[index]->is_stamped = 1;
  }
}

static uint64_t seal_of(const struct record *record) {
  return ((uint64_t)(uintptr_t)record ^ 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u;
}

/* The record of a text of ours; null for others' texts, and for what points into one of ours. */
static struct record *record_of(const char *text) {
  struct record *record = (struct record *)(text - offsetof(struct record, text));
  if (((uintptr_t)text & 7) != 0 || !memory_holds(text) || !memory_holds(record)) return NULL;
  return record->seal == seal_of(record) ? record : NULL;
}

static struct record **head_of(uint32_t hash) { return &heads[hash & (head_count - 1)]; }

static int make_room(void) {
  if (record_count < head_count) return 1;
  size_t wanted = head_count == 0 ? first_heads : head_count * 2;
  struct record **roomier = memory_take(wanted * sizeof *roomier);
  if (roomier == NULL) return head_count != 0;
  struct record **before = heads;
  size_t count = head_count;
  heads = roomier;
  head_count = wanted;
  for (size_t index = 0; index < count; index++)
    for (struct record *record = before[index], *next; record != NULL; record = next) {
      next = record->next;
      struct record **head = head_of(record->hash);
      record->next = *head;
      *head = record;
    }
  return 1;
}

static void enter(struct record *record) {
  struct record **head = head_of(record->hash);
  record->next = *head;
  *head = record;
}

static void take_out(struct record *record) {
  struct record **link = head_of(record->hash);
  while (*link != record) link = &(*link)->next;
  *link = record->next;
}

static struct variable *variable_named(const char *name, size_t name_length) {
  struct variable *variable = variables[hashed(HASH_START, name, name_length) % variable_heads];
  while (variable != NULL && !(variable->name_length == name_length && is_named(variable->name, name, name_length)))
    variable = variable->next;
  return variable;
}

static struct variable *make_variable(const char *text, size_t name_length) {
  struct variable *variable = variable_named(text, name_length);
  if (variable != NULL) return variable;
  variable = memory_take(sizeof *variable);
  if (variable == NULL) return NULL;
  struct variable **head = &variables[hashed(HASH_START, text, name_length) % variable_heads];
  variable->name = text;
  variable->name_length = name_length;
  variable->next = *head;
  *head = variable;
  return variable;
}

static struct queue *queue_of(struct variable *variable, size_t length) {
  struct queue *queue = variable->queues;
  while (queue != NULL && queue->length != length) queue = queue->next;
  return queue;
}

static struct queue *make_queue(struct variable *variable, size_t length) {
  struct queue *queue = queue_of(variable, length);
  if (queue != NULL) return queue;
  queue = memory_take(sizeof *queue);
  if (queue == NULL) return NULL;
  queue->variable = variable;
  queue->length = length;
  queue->next = variable->queues;
  variable->queues = queue;
  return queue;
}

static size_t size_of(const struct record *record) { return sizeof *record + record->length + 1; }

static void append(struct queue *queue, struct record *record) {
  record->behind = NULL;
  record->in_queue = 1;
  if (queue->first == NULL)
    queue->first = record;
  else
    queue->last->behind = record;
  queue->last = record;
  queue->variable->retired_bytes += size_of(record);
}

static struct record *take_first(struct queue *queue) {
  struct record *record = queue->first;
  queue->first = record->behind;
  record->in_queue = 0;
  queue->variable->retired_bytes -= size_of(record);
  return record;
}

static int is_old_enough(const struct record *record, const struct variable *variable) {
  if (!record->is_stamped) return 0;
  uint32_t age = last_time - record->retired_at;
  return (age >= 1000 && variable->retired_bytes >= 1 << 20) || (age >= 100 && variable->retired_bytes >= 16 << 20);
}

/* A text of this variable and length that may be written anew, and now is being; null where there is none. */
static struct record *reusable(const char *name, size_t name_length, size_t length) {
  struct variable *variable = variable_named(name, name_length);
  struct queue *queue = variable == NULL ? NULL : queue_of(variable, length);
  if (queue == NULL || variable->retired_bytes < 1 << 20) return NULL;
  for (int tries = 0; tries < 16 && queue->first != NULL; tries++) {
    if (!queue->first->in_use && !is_old_enough(queue->first, variable)) {
      /* One that was in use again since it was put there is younger than those behind it. */
      if (queue->first->behind == NULL || !is_old_enough(queue->first->behind, variable)) return NULL;
      append(queue, take_first(queue));
      continue;
    }
    struct record *record = take_first(queue);
    uint8_t expected = may_be_rewritten;
    if (!record->in_use && __atomic_compare_exchange_n(&record->state, &expected, being_rewritten, 0, __ATOMIC_SEQ_CST,
                                                       __ATOMIC_SEQ_CST))
      return record;
  }
  return NULL;
}

static struct record *made(const char *name, size_t name_length, size_t length) {
  struct record *record = memory_take(sizeof *record + length + 1);
  if (record == NULL) return NULL;
  record->length = (uint32_t)length;
  record->state = being_rewritten;
  record->seal = seal_of(record);
  copy_bytes(record->text, name, name_length);
  record->text[name_length] = '=';
  return record;
}

char *text_of(const char *name, size_t name_length, const char *value) {
  size_t value_length = word_length(value), length = name_length + 1 + value_length;
  if (length >= UINT32_MAX || !make_room()) return NULL;
  uint32_t hash = hashed(hashed(hashed(HASH_START, name, name_length), "=", 1), value, value_length);
  for (struct record *record = *head_of(hash); record != NULL; record = record->next)
    if (record->hash == hash && record->length == length && is_named(record->text, name, name_length) &&
        words_equal(record->text + name_length + 1, value)) {
      /* Twice in use at a time: which of the two ends it cannot be told later. */
      if (record->in_use) text_keep(record->text);
      record->in_use = 1;
      return record->text;
    }
  struct record *record = reusable(name, name_length, length);
  if (record != NULL) {
    take_out(record);
    text_counts.rewritten++;
  } else {
    record = made(name, name_length, length);
    if (record == NULL) return NULL;
    record_count++;
    text_counts.made++;
  }
  /* The value's bytes only: the name, the equals sign and the zero byte at the end never change. */
  copy_bytes(record->text + name_length + 1, value, value_length);
  record->hash = hash;
  record->in_use = 1;
  enter(record);
  __atomic_store_n(&record->state, may_be_rewritten, __ATOMIC_SEQ_CST);
  return record->text;
}

int text_retire(char *text) {
  struct record *record = record_of(text);
  if (record == NULL) return 0;
  record->in_use = 0;
  stamp(record);
  if (record->in_queue || __atomic_load_n(&record->state, __ATOMIC_SEQ_CST) == handed_out) return 1;
  ptrdiff_t length = name_length(record->text);
  struct variable *variable = length < 0 ? NULL : make_variable(record->text, (size_t)length);
  struct queue *queue = variable == NULL ? NULL : make_queue(variable, record->length);
  if (queue != NULL) append(queue, record);
  return 1;
}

int text_hand_out(char *text) {
  struct record *record = record_of(text);
  if (record == NULL) return 1;
  uint8_t state = __atomic_load_n(&record->state, __ATOMIC_ACQUIRE);
  while (state == may_be_rewritten)
    if (__atomic_compare_exchange_n(&record->state, &state, handed_out, 1, __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE)) return 1;
  return state == handed_out;
}

void text_keep(char *text) {
  struct record *record = record_of(text);
  if (record != NULL) __atomic_store_n(&record->state, handed_out, __ATOMIC_SEQ_CST);
}
