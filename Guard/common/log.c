#define _GNU_SOURCE
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>

#include "../stack/stack.h"
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
static struct file {
  long descriptor;
  struct stat facts; /* What it was at first; st_mode is zero where it was closed. */
} standard_error, held_log;
static uint32_t has_complained; /* That the log cannot be written. */
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
  } else {
    /* Without /proc: the thread's name, which is most often the same. */
    name[16] = 0;
    if (system_call(SYS_prctl, 16 /* PR_GET_NAME */, (long)name, 0, 0, 0, 0) != 0) name[0] = 0;
  }
  log_text(line, name[0] != 0 ? name : "?");
}

void log_begin(struct log_line *line) {
  line->length = 0;
  log_text(line, "inquest guard: ");
  log_program(line);
  log_text(line, " (");
  log_number(line, (unsigned long)system_call(SYS_getpid, 0, 0, 0, 0, 0, 0));
  log_text(line, "): ");
}

/* A reader that is gone, a limit of a file's size, a terminal that is another's now: these are the program's signals, and may
   end it, for writing; our lines shall not. */
static int write_all(long file, const struct log_line *line) {
  const uint64_t gone = (uint64_t)1 << (SIGPIPE - 1) | (uint64_t)1 << (SIGXFSZ - 1);
  const uint64_t kept = gone | (uint64_t)1 << (SIGTTOU - 1);
  uint64_t mask = 0, pending = 0, ours;
  const struct timespec none = {0, 0};
  system_call(SYS_rt_sigprocmask, 0 /* SIG_BLOCK */, (long)&kept, (long)&mask, 8, 0, 0);
  system_call(SYS_rt_sigpending, (long)&pending, 8, 0, 0, 0, 0);
  size_t done = 0;
  while (done < line->length) {
    long count = system_call(SYS_write, file, (long)(line->bytes + done), (long)(line->length - done), 0, 0, 0);
    if (count > 0) {
      done += (size_t)count;
    } else if (count != -EINTR) {
      /* What was there before stays; what came with this is taken away. */
      ours = gone & ~pending;
      if (ours != 0 && (count == -EPIPE || count == -EFBIG))
        system_call(SYS_rt_sigtimedwait, (long)&ours, 0, (long)&none, 8, 0, 0);
      break;
    }
  }
  system_call(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, (long)&mask, 0, 8, 0, 0);
  return done != 0;
}

/* A program may have put a file of its own where ours was: that is not ours to write to. */
static int is_still(const struct file *file) {
  struct stat present;
  if (file->facts.st_mode == 0 || system_call(SYS_fstat, file->descriptor, (long)&present, 0, 0, 0, 0) != 0) return 0;
  return present.st_dev == file->facts.st_dev && present.st_ino == file->facts.st_ino;
}

static int write_to(const struct file *file, const struct log_line *line) {
  return is_still(file) && write_all(file->descriptor, line);
}

static long open_log(void) {
  return open_anyway(log_file, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY);
}

/* The log by its name: where this process may not, says so once on standard error, where its lines go then. */
static void write_by_name(const struct log_line *line) {
  long file = open_log();
  int is_written = file >= 0 && write_all(file, line);
  if (file >= 0) system_call(SYS_close, file, 0, 0, 0, 0, 0);
  if (is_written) return;
  if (!__atomic_exchange_n(&has_complained, 1, __ATOMIC_RELAXED)) {
    struct log_line complaint;
    log_begin(&complaint);
    log_text(&complaint, "cannot write ");
    log_text(&complaint, last_component(log_file));
    switch (file) {
      case -EACCES: log_text(&complaint, ": permission denied"); break;
      case -ENOENT: log_text(&complaint, ": there is no such folder"); break;
      case -EMFILE: log_text(&complaint, ": no descriptor is left"); break;
      case -EROFS: log_text(&complaint, ": read-only file system"); break;
      default:
        if (file >= 0) break;
        log_text(&complaint, ": error ");
        log_number(&complaint, (unsigned long)-file);
    }
    log_text(&complaint, "; what this process tells stands here");
    complaint.bytes[complaint.length++] = '\n';
    write_to(&standard_error, &complaint);
  }
  write_to(&standard_error, line);
}

void log_end(struct log_line *line) {
  if (!is_configured) return;
  line->bytes[line->length++] = '\n';
  if (log_file[0] == 0)
    write_to(&standard_error, line);
  else if (!write_to(&held_log, line))
    write_by_name(line);
}

/* How many threads there are, as the kernel counts them. Where it does not tell (without /proc): 0 if libc says that there may be
   others, 1 if not even that. */
static unsigned long thread_count(void) {
  if (&__libc_single_threaded != NULL && __libc_single_threaded) return 1;
  struct stat tasks;
  if (system_call(SYS_newfstatat, AT_FDCWD, (long)"/proc/self/task", (long)&tasks, 0, 0, 0) != 0)
    return &__libc_single_threaded != NULL ? 0 : 1;
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

void log_intervention(
    enum guard_part part, const void *place, const char *function, const char *name, const char *deed) {
  if (!is_configured) return;
  struct told *told = told_of((uintptr_t)place);
  if (told == NULL || __atomic_load_n(&told->is_told, __ATOMIC_RELAXED) || !is_time_to_ask(told)) return;
  unsigned long threads = thread_count();
  if (threads == 1 || __atomic_exchange_n(&told->is_told, 1, __ATOMIC_RELAXED)) return;
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
  log_return(&line, place);
  log_text(&line, " while ");
  if (threads != 0) log_number(&line, threads);
  log_text(&line, threads != 0 ? " threads run: " : "other threads may run: ");
  log_text(&line, deed);
  unsigned before = __atomic_exchange_n(&left_out, 0, __ATOMIC_RELAXED);
  if (before != 0) {
    log_text(&line, " (");
    log_number(&line, before);
    log_text(&line, " more places were not told)");
  }
  log_end(&line);
}

/* A copy that is closed where another program begins, with a number that no program looks for. */
static long out_of_the_way(long descriptor) {
  long copy = system_call(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, 900, 0, 0, 0);
  return copy >= 0 ? copy : system_call(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, 200, 0, 0, 0);
}

void log_hold(void) {
  if (log_file[0] == 0 || is_still(&held_log)) return;
  long file = open_log();
  if (file < 0) return;
  held_log.descriptor = out_of_the_way(file);
  if (system_call(SYS_fstat, held_log.descriptor, (long)&held_log.facts, 0, 0, 0, 0) != 0) held_log.facts.st_mode = 0;
  system_call(SYS_close, file, 0, 0, 0, 0, 0);
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
  standard_error.descriptor = 2;
  if (system_call(SYS_fstat, 2, (long)&standard_error.facts, 0, 0, 0, 0) != 0) standard_error.facts.st_mode = 0;
  if (log_file[0] == 0 && has_summary && standard_error.facts.st_mode != 0) {
    /* Some programs close standard error before they end (coreutils). */
    long copy = out_of_the_way(2);
    if (copy >= 0) standard_error.descriptor = copy;
  }
  is_configured = 1;
}

int log_has_summary(void) { return has_summary; }

int log_wants_summary(int has_something) {
  return has_summary && (has_something || first_process == system_call(SYS_getpid, 0, 0, 0, 0, 0, 0));
}

void log_in_child(void) {
  for (size_t slot = 0; slot < place_slots; slot++) places[slot] = (struct told){0, 0, 0};
  log_counts = (struct log_counts){0, 0};
  left_out = lines_in_window = has_complained = 0;
}
