#ifndef GUARD_CANCELLATION_CODE_H
#define GUARD_CANCELLATION_CODE_H

/* The little of machine code that must be understood to find libc's cancellation points in it. */

#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#if defined(__x86_64__)

enum { call_length = 5, system_call_length = 2, code_step = 1 };

/// Whether a call of a function stands there whose address is in the instruction.
static inline int code_is_call(const uint8_t *code, uintptr_t *target) {
  if (code[0] != 0xe8) return 0;
  int32_t distance;
  __builtin_memcpy(&distance, code + 1, sizeof distance);
  *target = (uintptr_t)code + 5 + (uintptr_t)(intptr_t)distance;
  return 1;
}

static inline int code_is_system_call(const uint8_t *code) { return code[0] == 0x0f && code[1] == 0x05; }

static inline uintptr_t context_pc(const ucontext_t *context) { return (uintptr_t)context->uc_mcontext.gregs[REG_RIP]; }
static inline long context_result(const ucontext_t *context) { return (long)context->uc_mcontext.gregs[REG_RAX]; }

#elif defined(__aarch64__)

enum { call_length = 4, system_call_length = 4, code_step = 4 };

static inline uint32_t code_word(const uint8_t *code) {
  uint32_t word;
  __builtin_memcpy(&word, code, sizeof word);
  return word;
}

static inline int code_is_call(const uint8_t *code, uintptr_t *target) {
  uint32_t word = code_word(code);
  if (word >> 26 != 0x25) return 0;
  int64_t distance = (int64_t)((uint64_t)(word & 0x3ffffff) << 38) >> 36;
  *target = (uintptr_t)code + (uintptr_t)distance;
  return 1;
}

static inline int code_is_system_call(const uint8_t *code) { return code_word(code) == 0xd4000001; }

static inline uintptr_t context_pc(const ucontext_t *context) { return (uintptr_t)context->uc_mcontext.pc; }
static inline long context_result(const ucontext_t *context) { return (long)context->uc_mcontext.regs[0]; }

#endif

/// The length of an instruction that only moves or computes something, so that the next one is executed after it;
/// 0 for any other, and for one that is not known.
size_t code_plain_length(const uint8_t *code);

#endif
