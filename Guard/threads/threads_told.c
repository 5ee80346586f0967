/* What is told of threads: why one could not be made, why one could not be joined, and at the end how they went. Not in
   signal handlers. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>

#include "../common/guard.h"
#include "../common/log.h"
#include "../stack/stack.h"
#include "../common/system.h"
#include "threads.h"
#include "../common/words.h"

/* The first bytes of a small file, as a text; "" where it cannot be read. */
static void read_text(const char *path, char *text, size_t size) {
  text[0] = 0;
  long file = system_call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
  if (file < 0) return;
  long length = system_call(SYS_read, file, (long)text, (long)size - 1, 0, 0, 0);
  text[length > 0 ? length : 0] = 0;
  system_call(SYS_close, file, 0, 0, 0, 0, 0);
}

/* The number at a text's begin, behind blanks; `none` where there is none ("max"). */
static unsigned long number_in(const char *text, unsigned long none) {
  while (*text == ' ' || *text == '\t') text++;
  if (*text < '0' || *text > '9') return none;
  unsigned long number = 0;
  for (; *text >= '0' && *text <= '9'; text++) number = number * 10 + (unsigned long)(*text - '0');
  return number;
}

static unsigned long number_of(const char *path, unsigned long none) {
  char text[64];
  read_text(path, text, sizeof text);
  return number_in(text, none);
}

/* The number behind a word of /proc/self/status. */
static unsigned long status(const char *word) {
  char text[2048];
  read_text("/proc/self/status", text, sizeof text);
  size_t length = word_length(word);
  for (const char *line = text; *line;) {
    size_t index = 0;
    while (index < length && line[index] == word[index]) index++;
    if (index == length) return number_in(line + length, 0);
    while (*line && *line != '\n') line++;
    if (*line) line++;
  }
  return 0;
}

static unsigned long count_mappings(void) {
  char bytes[4096];
  unsigned long lines = 0;
  long file = system_call(SYS_openat, AT_FDCWD, (long)"/proc/self/maps", O_RDONLY | O_CLOEXEC, 0, 0, 0);
  if (file < 0) return 0;
  for (long length; (length = system_call(SYS_read, file, (long)bytes, sizeof bytes, 0, 0, 0)) > 0;)
    for (long index = 0; index < length; index++) lines += bytes[index] == '\n';
  system_call(SYS_close, file, 0, 0, 0, 0, 0);
  return lines;
}

/* The limit of a control group, from the process's own up: whichever is full. Returns 0 where none is. */
static unsigned long full_group(unsigned long *tasks) {
  char text[1024], path[1200];
  read_text("/proc/self/cgroup", text, sizeof text);
  for (const char *line = text; *line;) {
    const char *end = line;
    while (*end && *end != '\n') end++;
    /* "0::/path" (version 2) or "7:pids:/path". */
    int is_second = line[0] == '0' && line[1] == ':' && line[2] == ':';
    const char *name = line;
    while (name < end && *name != ':') name++;
    int is_pids = name + 6 <= end && name[1] == 'p' && name[2] == 'i' && name[3] == 'd' && name[4] == 's' && name[5] == ':';
    const char *group = is_second ? line + 3 : name + 6;
    if (is_second || is_pids) {
      const char *root = is_second ? "/sys/fs/cgroup" : "/sys/fs/cgroup/pids";
      size_t length = word_length(root), group_length = group < end ? (size_t)(end - group) : 0;
      copy_bytes(path, root, length);
      copy_bytes(path + length, group, group_length);
      for (size_t whole = length + group_length; whole >= length; whole--) {
        if (whole != length + group_length && whole != length && path[whole] != '/') continue;
        copy_bytes(path + whole, "/pids.max", 10);
        unsigned long most = number_of(path, 0);
        copy_bytes(path + whole, "/pids.current", 14);
        unsigned long now = number_of(path, 0);
        if (most != 0 && now >= most) {
          *tasks = now;
          return most;
        }
        /* The rest of the path was written over. */
        copy_bytes(path + length, group, group_length);
      }
    }
    line = *end ? end + 1 : end;
  }
  return 0;
}

static unsigned long limit_of(int resource) {
  struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
  system_call(SYS_prlimit64, 0, resource, 0, (long)&limit, 0, 0);
  return limit.rlim_cur == RLIM_INFINITY ? ~0ul : (unsigned long)limit.rlim_cur;
}

/* Tasks of the whole system: "0.1 0.2 0.3 2/345 678" (/proc/loadavg, the number behind the slash). */
static unsigned long all_tasks(void) {
  char text[128];
  read_text("/proc/loadavg", text, sizeof text);
  for (const char *byte = text; *byte; byte++)
    if (*byte == '/') return number_in(byte + 1, 0);
  return 0;
}

/* Whether a stack of this size can be mapped just now, as libc does it. */
static int can_map(size_t size) {
  /* PROT_NONE; MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK. Then PROT_READ | PROT_WRITE. */
  long start = system_call(SYS_mmap, 0, (long)size, 0, 0x20022, -1, 0);
  if (system_failed(start)) return 0;
  int is_usable = !system_failed(system_call(SYS_mprotect, start, (long)size, 3, 0, 0, 0));
  system_call(SYS_munmap, start, (long)size, 0, 0, 0, 0);
  return is_usable;
}

static void log_limit(struct log_line *line, const char *text, unsigned long number, const char *name, unsigned long most) {
  log_text(line, text);
  log_number(line, number);
  log_text(line, name);
  log_number(line, most);
}

/* Why: only what is proved now. The first half of the work is to map a stack, the second to start a thread of the kernel's. */
static void log_reason(struct log_line *line, size_t size, const struct thread_counts *counts) {
  if (size == 0) size = 8 << 20;
  unsigned long mappings = count_mappings(), most_mappings = number_of("/proc/sys/vm/max_map_count", ~0ul);
  if (mappings + 3 >= most_mappings) {
    log_limit(line, "the process has all the mappings that it may have: ", mappings, ", and vm.max_map_count is ", most_mappings);
    if (counts->unjoined > counts->running) log_text(line, "; most are stacks of threads that ended and were never joined");
    return;
  }
  if (!can_map(size)) {
    unsigned long space = limit_of(RLIMIT_AS), used = status("VmSize:") * 1024;
    log_text(line, "a stack of ");
    log_number(line, size / 1024);
    log_text(line, " KiB cannot be mapped");
    if (space != ~0ul && size > space - (used < space ? used : space))
      log_limit(line, ": of its address space ", used / 1024, " KiB are in use, and its limit, RLIMIT_AS, is ", space / 1024);
    else if (number_of("/proc/sys/vm/overcommit_memory", 0) == 2)
      log_text(line, ": the system promises no more memory than it has (vm.overcommit_memory is 2)");
    return;
  }
  unsigned long tasks = 0, most = full_group(&tasks);
  if (most != 0) {
    log_limit(line, "its control group has all the tasks that it may have: ", tasks, ", and pids.max is ", most);
    return;
  }
  unsigned long living = status("Threads:"), all = all_tasks();
  unsigned long of_user = limit_of(RLIMIT_NPROC), of_system = number_of("/proc/sys/kernel/threads-max", ~0ul);
  unsigned long ids = number_of("/proc/sys/kernel/pid_max", ~0ul);
  if (living >= of_user) {
    log_limit(line, "its user has all the threads that it may have: this process alone ", living, ", and RLIMIT_NPROC is ", of_user);
  } else if (all + 1 >= of_system) {
    log_limit(line, "the system has all the threads that it may have: ", all, ", and kernel.threads-max is ", of_system);
  } else if (all + 300 >= ids) {
    log_limit(line, "the system has given all ids: there are ", all, " threads, and kernel.pid_max is ", ids);
  } else {
    log_text(line, "a stack for it can be mapped, but the kernel starts no more threads");
    if (of_user != ~0ul)
      log_limit(line, "; most likely those of its user are too many: this process has ", living, ", and RLIMIT_NPROC, for all of them, is ", of_user);
  }
}

static void log_error(struct log_line *line, int error) {
  switch (error) {
    case EAGAIN: log_text(line, "EAGAIN"); break;
    case EINVAL: log_text(line, "EINVAL"); break;
    case ENOMEM: log_text(line, "ENOMEM"); break;
    case EPERM: log_text(line, "EPERM"); break;
    case ESRCH: log_text(line, "ESRCH"); break;
    case EDEADLK: log_text(line, "EDEADLK"); break;
    default: log_text(line, "error "), log_number(line, (unsigned long)error);
  }
}

void tell_creation_failure(int error, const void *place, size_t size) {
  if (!log_may_tell()) return;
  struct log_line line;
  struct thread_counts counts = ledger_counts();
  log_begin(&line);
  log_text(&line, "threads: pthread_create by ");
  log_return(&line, place);
  log_text(&line, " failed with ");
  log_error(&line, error);
  log_text(&line, ": ");
  if (error == EAGAIN || error == ENOMEM)
    log_reason(&line, size, &counts);
  else
    log_text(&line, error == EPERM ? "its attributes ask for a scheduling that is not permitted" : "its attributes are invalid");
  if (counts.unjoined != 0) {
    log_text(&line, " (");
    log_number(&line, counts.running);
    log_text(&line, " of its threads run, ");
    log_number(&line, counts.unjoined);
    log_text(&line, " have ended and wait to be joined)");
  }
  log_end(&line);
}

void tell_join_failure(const char *function, int error, const void *place, uintptr_t handle) {
  if (!log_may_tell()) return;
  struct log_line line;
  struct thread_record record;
  struct thread_fate fate;
  int is_known = ledger_find(handle, &record, &fate);
  long self = system_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
  log_begin(&line);
  log_text(&line, "threads: ");
  log_text(&line, function);
  log_text(&line, " by ");
  log_return(&line, place);
  log_text(&line, " failed with ");
  log_error(&line, error);
  log_text(&line, ": ");
  if (is_known == 0) {
    log_text(&line, "no thread with this handle was created since the guard was loaded, or it is long gone");
  } else {
    int32_t tid = is_known == 2 ? record.tid : fate.tid;
    log_text(&line, tid == 0 ? "a thread that has yet to begin" : "thread ");
    if (tid != 0) log_number(&line, (unsigned long)tid);
    log_text(&line, ", created by ");
    log_return(&line, is_known == 2 ? record.place : fate.place);
    if (is_known == 1 || record.is_detached) {
      int has_fate = is_known == 1;
      log_text(&line, has_fate && fate.was_joined ? ", was joined" : has_fate ? ", was detached" : ", is detached");
      if (has_fate) {
        log_text(&line, " already by thread ");
        log_number(&line, (unsigned long)fate.joiner);
        log_text(&line, " at ");
        log_return(&line, fate.end_place);
      }
    } else if (tid == self) {
      log_text(&line, ", is the caller itself");
    } else {
      log_text(&line, record.has_ended ? ", has ended" : ", runs");
      if (error == EINVAL) log_text(&line, ", and another thread waits to join it");
      if (error == EDEADLK) log_text(&line, ", and waits to join the caller");
    }
  }
  log_end(&line);
}

void threads_summary(void) {
  if (part_is_off(part_threads)) return;
  struct thread_counts counts = ledger_counts();
  if (!log_wants_summary(counts.created + counts.failed != 0)) return;
  struct log_line line;
  log_begin(&line);
  log_text(&line, "threads: ");
  log_number(&line, counts.created);
  log_text(&line, " created, ");
  log_number(&line, counts.joined);
  log_text(&line, " joined, ");
  log_number(&line, counts.detached);
  log_text(&line, " detached, ");
  log_number(&line, counts.running);
  log_text(&line, " still run, ");
  log_number(&line, counts.unjoined);
  log_text(&line, " ended and were never joined; at most ");
  log_number(&line, counts.most);
  log_text(&line, " at once");
  if (counts.failed != 0) {
    log_text(&line, "; ");
    log_number(&line, counts.failed);
    log_text(&line, " could not be created");
  }
  log_end(&line);
  const void *places[8];
  unsigned long numbers[8];
  size_t count = ledger_unjoined(places, numbers, sizeof places / sizeof *places);
  for (size_t index = 0; index < count; index++) {
    log_begin(&line);
    log_text(&line, "threads: ");
    log_number(&line, numbers[index]);
    log_text(&line, numbers[index] == 1 ? " thread ended and was never joined: created by " : " threads ended and were never joined: created by ");
    if (places[index] == NULL)
      log_text(&line, "many other places");
    else
      log_return(&line, places[index]);
    log_end(&line);
  }
}
