#include "list.h"

#include "../common/memory.h"
#include "sought.h"
#include "texts.h"

/* libc's own name of it: a program's `environ` is another name of the same variable. */
extern char **__environ;

struct list {
  struct list *older;
  size_t capacity;
  char *slots[]; /* One more than capacity: the last is null for ever. */
};

static struct list *list;
static size_t start; /* The slot of the first entry. */
unsigned long list_count;

/* What stands in slots that no reader begins at any more, where nothing else may: an entry without a name. Eight bytes,
   since libc's getenv looks at two at once. */
static char nothing[8];

static char *look(char **slot) { return __atomic_load_n(slot, __ATOMIC_RELAXED); }
static void put(char **slot, char *text) { __atomic_store_n(slot, text, __ATOMIC_RELEASE); }
static void begin_at(size_t slot) {
  start = slot;
  __atomic_store_n(&__environ, &list->slots[slot], __ATOMIC_RELEASE);
}

static int make_list(size_t capacity) {
  struct list *made = memory_take(sizeof *made + (capacity + 1) * sizeof *made->slots);
  if (made == NULL) return -1;
  for (size_t index = 0; index < capacity; index++) made->slots[index] = nothing;
  made->capacity = capacity;
  made->older = list;
  list = made;
  start = capacity;
  list_count++;
  return 0;
}

/* A text of the program's own is its to give back once it is removed: a reader that comes late must not find it in a
   place where nobody looks for it any more. */
static void forget(char *text) {
  if (text_retire(text)) return;
  char *instead = start < list->capacity ? look(&list->slots[list->capacity - 1]) : nothing;
  if (instead == text) instead = start < list->capacity ? look(&list->slots[start]) : nothing;
  if (instead == text) instead = nothing;
  for (struct list *any = list; any != NULL; any = any->older) {
    size_t end = any == list ? start : any->capacity;
    for (size_t index = 0; index < end; index++)
      if (look(&any->slots[index]) == text) put(&any->slots[index], instead);
  }
}

/* All entries are none of the environment's any more. */
static void forget_all(void) {
  size_t from = start;
  start = list->capacity;
  for (size_t index = from; index < list->capacity; index++) forget(look(&list->slots[index]));
}

/* The program has put a list of its own in the place of ours. */
static int adopt_others(char **others) {
  size_t count = 0;
  while (others[count] != NULL) count++;
  if (list == NULL || list->capacity < count + 1) {
    if (make_list(count * 2 + 16) != 0) return -1;
  } else {
    forget_all();
  }
  size_t first = list->capacity - count;
  for (size_t index = 0; index < count; index++) {
    put(&list->slots[first + index], others[index]);
    text_keep(others[index]);
  }
  begin_at(first);
  return 0;
}

/* The program has written an end into our list, as `environ[0] = NULL` does: what it left moves to the true end. */
static void mend(size_t first, size_t end) {
  for (size_t index = end + 1; index < list->capacity; index++)
    if (look(&list->slots[index]) != NULL) text_retire(look(&list->slots[index]));
  size_t target = list->capacity;
  while (end > first) put(&list->slots[--target], look(&list->slots[--end]));
  for (size_t index = 0; index < target; index++)
    if (look(&list->slots[index]) == NULL) put(&list->slots[index], nothing);
  begin_at(target);
}

int list_adopt(void) {
  char **present = __atomic_load_n(&__environ, __ATOMIC_ACQUIRE);
  if (present == NULL) {
    if (list == NULL) return make_list(16);
    forget_all();
    return 0;
  }
  if (list == NULL || present < list->slots || present > list->slots + list->capacity) return adopt_others(present);
  size_t first = (size_t)(present - list->slots), end = first;
  while (look(&list->slots[end]) != NULL) end++;
  if (end != list->capacity)
    mend(first, end);
  else
    start = first;
  return 0;
}

char **list_first(void) { return &list->slots[start]; }

char **list_find(char **from, const char *name, size_t name_length) {
  const struct sought sought = seek(name, name_length);
  for (char *text; (text = look(from)) != NULL; from++)
    if (is_sought(&sought, text)) return from;
  return NULL;
}

int list_add(char *text) {
  if (start == 0) {
    struct list *full = list;
    if (make_list(full->capacity * 2) != 0) return -1;
    for (size_t index = full->capacity; index-- > 0;) put(&list->slots[--start], look(&full->slots[index]));
  }
  put(&list->slots[start - 1], text);
  begin_at(start - 1);
  return 0;
}

void list_replace(char **entry, char *text) {
  char *before = look(entry);
  put(entry, text);
  if (before != text) forget(before);
}

void list_remove(char **entry) {
  char *text = look(entry);
  if (entry != list_first()) put(entry, look(list_first()));
  begin_at(start + 1);
  forget(text);
}

void list_clear(void) {
  __atomic_store_n(&__environ, NULL, __ATOMIC_RELEASE);
  forget_all();
}
