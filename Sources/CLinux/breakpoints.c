#define _GNU_SOURCE
#include "breakpoints.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int64_t request(long what, int32_t tid, uint64_t address, uint64_t data) {
  long result = syscall(SYS_ptrace, what, (long)tid, address, data);
  return result < 0 ? -errno : result;
}

int64_t inquest_get_register_words(int32_t tid, uint64_t *words, uint64_t count) {
  struct iovec place = {words, count * 8};
  int64_t result = request(PTRACE_GETREGSET, tid, NT_PRSTATUS, (uint64_t)(uintptr_t)&place);
  return result < 0 ? result : (int64_t)(place.iov_len / 8);
}

int64_t inquest_set_register_words(int32_t tid, const uint64_t *words, uint64_t count) {
  struct iovec place = {(void *)words, count * 8};
  int64_t result = request(PTRACE_SETREGSET, tid, NT_PRSTATUS, (uint64_t)(uintptr_t)&place);
  return result < 0 ? result : 0;
}

int64_t inquest_read_process(int32_t pid, uint64_t address, void *bytes, uint64_t count) {
  struct iovec here = {bytes, count}, there = {(void *)(uintptr_t)address, count};
  ssize_t result = process_vm_readv(pid, &here, 1, &there, 1, 0);
  if (result >= 0) return result;
  if (errno != EFAULT || count < 2) return -errno;
  /* One piece is all or nothing where its first page cannot be read wholly: up to the page's end. */
  uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
  uint64_t first = page - address % page;
  if (first >= count) return -EFAULT;
  here.iov_len = there.iov_len = first;
  result = process_vm_readv(pid, &here, 1, &there, 1, 0);
  return result >= 0 ? result : -errno;
}

int64_t inquest_write_process(int32_t pid, uint64_t address, const void *bytes, uint64_t count) {
  struct iovec here = {(void *)bytes, count}, there = {(void *)(uintptr_t)address, count};
  ssize_t result = process_vm_writev(pid, &here, 1, &there, 1, 0);
  return result >= 0 ? result : -errno;
}

int64_t inquest_write_code(int32_t tid, uint64_t address, const void *bytes, uint64_t count) {
  uint64_t start = address & ~7UL, word = 0;
  if (address - start + count > 8) return -EINVAL;
  int64_t result = request(PTRACE_PEEKTEXT, tid, start, (uint64_t)(uintptr_t)&word);
  if (result < 0) return result;
  memcpy((uint8_t *)&word + (address - start), bytes, count);
  result = request(PTRACE_POKETEXT, tid, start, word);
  return result < 0 ? result : 0;
}

int64_t inquest_peek_code(int32_t tid, uint64_t address, uint64_t *word) {
  int64_t result = request(PTRACE_PEEKTEXT, tid, address, (uint64_t)(uintptr_t)word);
  return result < 0 ? result : 0;
}

int64_t inquest_poke_code(int32_t tid, uint64_t address, uint64_t word) {
  int64_t result = request(PTRACE_POKETEXT, tid, address, word);
  return result < 0 ? result : 0;
}

int64_t inquest_shares_memory(int32_t a, int32_t b) {
  long result = syscall(SYS_kcmp, (long)a, (long)b, 1L /* KCMP_VM */, 0L, 0L);
  return result < 0 ? -errno : result == 0;
}

int64_t inquest_signal_bytes(int32_t tid, void *bytes, int32_t writes) {
  int64_t result =
      request(writes ? PTRACE_SETSIGINFO : PTRACE_GETSIGINFO, tid, 0, (uint64_t)(uintptr_t)bytes);
  return result < 0 ? result : 0;
}
