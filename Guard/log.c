#define _GNU_SOURCE
#include "log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "place.h"
#include "system.h"
#include "words.h"

/* Set by glibc from 2.32 on: whether there never was a second thread, or all others were joined. */
extern char __libc_single_threaded __attribute__((weak));

enum { place_slots = 512, lines_at_once = 20, seconds_at_once = 10 };

const char *const part_names[part_count] = {
    [part_environment] = "environment", [part_cancellation] = "cancellation", [part_stack] = "stack", [part_threads] = "threads"};

struct log_counts log_counts;
static int is_configured, has_summary;
static long first_process; /* The one that `inquest guard` became. */
static char log_file[4096]; /* A copy: programs write their title over the environment that they were given. */
static struct stat standard_error; /* What it was at first; st_mode is zero where it was closed. */
static long errors = 2;            /* Where it is to be found. */
static struct told {
  uintptr_t place;
  uint32_t calls; /* From there, until it was told. */
  uint8_t is_told;
} places[place_slots];
static int64_t window;
static unsigned lines_in_window, left_out;

void log_text(struct log_line *line, const char *text) {
  for (; *text && line->length < sizeof line->bytes - 1; text++) {
    unsigned char byte = (unsigned char)*text;
    line->bytes[line->length++] = byte < 32 || byte == 127 ? '?' : (char)byte;
  }
}

static void log_digits(struct log_line *line, unsigned long number, unsigned base) {
  char digits[24];
  int count = sizeof digits - 1;
  digits[count] = 0;
  do digits[--count] = "0123456789abcdef"[number % base];
  while ((number /= base) != 0);
  log_text(line, &digits[count]);
}

void log_number(struct log_line *line, unsigned long number) { log_digits(line, number, 10); }

void log_hexadecimal(struct log_line *line, unsigned long number) {
  log_text(line, "0x");
  log_digits(line, number, 16);
}

static void log_program(struct log_line *line) {
  char name[64];
  long length = -1;
  long file = system_call(SYS_openat, AT_FDCWD, (long)"/proc/self/comm", O_RDONLY | O_CLOEXEC, 0, 0, 0);
  if (file >= 0) {
    length = system_call(SYS_read, file, (long)name, sizeof name - 1, 0, 0, 0);
    system_call(SYS_close, file, 0, 0, 0, 0, 0);
  }
  if (length > 0) {
    name[length - (name[length - 1] == '\n')] = 0;
    log_text(line, name);
  }
}

void log_begin(struct log_line *line) {
  line->length = 0;
  log_text(line, "inquest guard: ");
  log_program(line);
  log_text(line, " (");
  log_number(line, (unsigned long)system_call(SYS_getpid, 0, 0, 0, 0, 0, 0));
  log_text(line, "): ");
}

static void write_all(long file, const struct log_line *line) {
  for (size_t done = 0; done < line->length;) {
    long count = system_call(SYS_write, file, (long)(line->bytes + done), (long)(line->length - done), 0, 0, 0);
    if (count <= 0 && count != -4 /* EINTR */) return;
    if (count > 0) done += (size_t)count;
  }
}

/* A program may have put a file of its own where standard error was: that is not ours to write to. */
static int is_standard_error(void) {
  struct stat present;
  if (standard_error.st_mode == 0 || system_call(SYS_fstat, errors, (long)&present, 0, 0, 0, 0) != 0) return 0;
  return present.st_dev == standard_error.st_dev && present.st_ino == standard_error.st_ino;
}

void log_end(struct log_line *line) {
  if (!is_configured) return;
  line->bytes[line->length++] = '\n';
  if (log_file[0] == 0) {
    if (is_standard_error()) write_all(errors, line);
    return;
  }
  long file = system_call(
      SYS_openat, AT_FDCWD, (long)log_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644, 0, 0);
  if (file < 0) return;
  write_all(file, line);
  system_call(SYS_close, file, 0, 0, 0, 0, 0);
}

/* How many threads there are, as the kernel counts them; 1 where it does not tell. */
static unsigned long thread_count(void) {
  if (&__libc_single_threaded != NULL && __libc_single_threaded) return 1;
  struct stat tasks;
  if (system_call(SYS_newfstatat, AT_FDCWD, (long)"/proc/self/task", (long)&tasks, 0, 0, 0) != 0) return 1;
  return tasks.st_nlink > 2 ? (unsigned long)tasks.st_nlink - 2 : 1;
}

static size_t slot_of(uintptr_t place) { return (size_t)((place * 0x9e3779b97f4a7c15u) >> 40) % place_slots; }

/* The slot of a place, which is given one where it has none; null where there are so many that one more would tell
   nobody anything. */
static struct told *told_of(uintptr_t place) {
  for (size_t step = 0, slot = slot_of(place); step < 16; step++) {
    struct told *told = &places[(slot + step) % place_slots];
    uintptr_t here = __atomic_load_n(&told->place, __ATOMIC_RELAXED);
    if (here == place) return told;
    if (here == 0 && (__atomic_compare_exchange_n(&told->place, &here, place, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED) ||
                      here == place))
      return told;
  }
  return NULL;
}

/* To ask for the number of threads is a system call: it is asked at the first call from a place, the second, the fourth
   and so on, and every 256 calls. */
static int is_time_to_ask(struct told *told) {
  uint32_t calls = __atomic_add_fetch(&told->calls, 1, __ATOMIC_RELAXED);
  return (calls & (calls - 1)) == 0 || calls % 256 == 0;
}

int log_may_tell(void) {
  struct timespec now = {0, 0};
  system_call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0, 0, 0);
  int64_t present = now.tv_sec / seconds_at_once + 1;
  if (__atomic_exchange_n(&window, present, __ATOMIC_RELAXED) != present)
    __atomic_store_n(&lines_in_window, 0, __ATOMIC_RELAXED);
  if (__atomic_fetch_add(&lines_in_window, 1, __ATOMIC_RELAXED) < lines_at_once) return 1;
  __atomic_fetch_add(&left_out, 1, __ATOMIC_RELAXED);
  __atomic_fetch_add(&log_counts.left_out, 1, __ATOMIC_RELAXED);
  return 0;
}

static const char *last_component(const char *path) {
  const char *last = path;
  for (; *path; path++)
    if (*path == '/') last = path + 1;
  return last;
}

static void log_place(struct log_line *line, const void *address) {
  struct place place = place_of((const char *)address - 1);
  if (place.module == NULL) {
    log_text(line, "code in no module at ");
    log_hexadecimal(line, (unsigned long)address);
    return;
  }
  if (place.symbol != NULL) {
    log_text(line, place.symbol);
    log_text(line, "+");
    log_hexadecimal(line, place.into + 1);
    log_text(line, " in ");
  }
  log_text(line, place.module[0] ? last_component(place.module) : "the program");
  log_text(line, "+");
  log_hexadecimal(line, place.offset + 1);
}

void log_intervention(
    enum guard_part part, const void *place, const char *function, const char *name, const char *deed) {
  if (!is_configured) return;
  struct told *told = told_of((uintptr_t)place);
  if (told == NULL || __atomic_load_n(&told->is_told, __ATOMIC_RELAXED) || !is_time_to_ask(told)) return;
  unsigned long threads = thread_count();
  if (threads < 2 || __atomic_exchange_n(&told->is_told, 1, __ATOMIC_RELAXED)) return;
  __atomic_fetch_add(&log_counts.places, 1, __ATOMIC_RELAXED);
  if (!log_may_tell()) return;
  struct log_line line;
  log_begin(&line);
  log_text(&line, part_names[part]);
  log_text(&line, ": ");
  log_text(&line, function);
  log_text(&line, "(");
  if (name != NULL) {
    char shown[64];
    size_t length = 0;
    /* The name only: a value may be a secret. */
    for (; length < sizeof shown - 1 && name[length] && name[length] != '='; length++) shown[length] = name[length];
    shown[length] = 0;
    log_text(&line, "\"");
    log_text(&line, shown);
    log_text(&line, "\"");
  }
  log_text(&line, ") by ");
  log_place(&line, place);
  log_text(&line, " while ");
  log_number(&line, threads);
  log_text(&line, " threads run: ");
  log_text(&line, deed);
  unsigned before = __atomic_exchange_n(&left_out, 0, __ATOMIC_RELAXED);
  if (before != 0) {
    log_text(&line, " (");
    log_number(&line, before);
    log_text(&line, " more places were not told)");
  }
  log_end(&line);
}

void log_configure(const char *flags, const char *file) {
  if (flags == NULL) return;
  for (const char *word = flags; *word;) {
    if (word[0] == 's') has_summary = 1; /* No other word begins so. */
    for (const char *digit = word; *digit >= '0' && *digit <= '9'; digit++) first_process = first_process * 10 + *digit - '0';
    while (*word && *word != ',') word++;
    if (*word) word++;
  }
  if (file != NULL && word_length(file) < sizeof log_file) copy_bytes(log_file, file, word_length(file) + 1);
  if (system_call(SYS_fstat, 2, (long)&standard_error, 0, 0, 0, 0) != 0) standard_error.st_mode = 0;
  /* Some programs close standard error before they end (coreutils): what is told after that goes to a copy, out of the way
     of the program's own. */
  long copy = has_summary && log_file[0] == 0 && standard_error.st_mode != 0
                  ? system_call(SYS_fcntl, 2, F_DUPFD_CLOEXEC, 900, 0, 0, 0)
                  : -1;
  if (copy >= 0) errors = copy;
  is_configured = 1;
}

int log_wants_summary(int has_something) {
  return has_summary && (has_something || first_process == system_call(SYS_getpid, 0, 0, 0, 0, 0, 0));
}

void log_in_child(void) {
  for (size_t slot = 0; slot < place_slots; slot++) places[slot] = (struct told){0, 0, 0};
  log_counts = (struct log_counts){0, 0};
  left_out = lines_in_window = 0;
}
