#define _GNU_SOURCE
#include "cancellation_code.h"

#if defined(__x86_64__)

/* Of x86-64's instructions those that compilers put between a call and a system call: Intel 64 and IA-32 Architectures
   Software Developer's Manual, volume 2, appendix A. */

enum { none = 0, has_modrm = 1, byte_operand = 2, word_operand = 4, full_operand = 8, unary_group = 16 };

static size_t modrm_length(const uint8_t *code) {
  uint8_t mode = code[0] >> 6, memory = code[0] & 7;
  size_t length = 1;
  if (mode == 3) return length;
  if (memory == 4) {
    if (mode == 0 && (code[1] & 7) == 5) length += 4;
    length++;
  } else if (mode == 0 && memory == 5) {
    length += 4;
  }
  return length + (mode == 1 ? 1 : mode == 2 ? 4 : 0);
}

/* What follows an opcode; -1 where it is not one of these. */
static int form_of(uint8_t opcode) {
  if (opcode < 0x40) return (opcode & 7) < 4 ? has_modrm : (opcode & 7) == 4 ? byte_operand : (opcode & 7) == 5 ? word_operand : -1;
  if (opcode >= 0x50 && opcode < 0x60) return none;
  if (opcode >= 0x84 && opcode < 0x8c) return has_modrm;
  if (opcode >= 0xb0 && opcode < 0xb8) return byte_operand;
  if (opcode >= 0xb8 && opcode < 0xc0) return full_operand;
  if (opcode >= 0xd0 && opcode < 0xd4) return has_modrm;
  switch (opcode) {
    case 0x63: case 0x8d: return has_modrm;
    case 0x68: case 0xa9: return word_operand;
    case 0x6a: case 0xa8: return byte_operand;
    case 0x69: case 0x81: case 0xc7: return has_modrm | word_operand;
    case 0x6b: case 0x80: case 0x83: case 0xc0: case 0xc1: case 0xc6: return has_modrm | byte_operand;
    case 0x90: case 0x98: case 0x99: return none;
    case 0xf6: return has_modrm | unary_group | byte_operand;
    case 0xf7: return has_modrm | unary_group | word_operand;
    default: return -1;
  }
}

/* The same for those behind 0x0f. */
static int long_form_of(uint8_t opcode) {
  if (opcode >= 0x40 && opcode < 0x50) return has_modrm; /* cmov */
  if (opcode >= 0x90 && opcode < 0xa0) return has_modrm; /* set */
  if (opcode >= 0x10 && opcode < 0x18) return has_modrm;
  switch (opcode) {
    case 0x1e: case 0x1f: case 0x28: case 0x29: case 0x54: case 0x57: case 0x62: case 0x6c: case 0x6d: case 0x6e: case 0x6f:
    case 0x7e: case 0x7f: case 0xaf: case 0xb6: case 0xb7: case 0xbe: case 0xbf: case 0xd6: case 0xef: return has_modrm;
    case 0x70: case 0xc6: return has_modrm | byte_operand;
    default: return -1;
  }
}

size_t code_plain_length(const uint8_t *code) {
  const uint8_t *at = code;
  int is_short = 0, is_wide = 0;
  /* Operand size, repetition, and segments. */
  while (*at == 0x66 || *at == 0xf2 || *at == 0xf3 || *at == 0x64 || *at == 0x65 || *at == 0x2e) {
    if (*at == 0x66) is_short = 1;
    if (++at - code > 8) return 0;
  }
  if ((*at & 0xf0) == 0x40) is_wide = *at++ & 8;
  uint8_t opcode = *at++;
  int form = opcode == 0x0f ? long_form_of(*at++) : form_of(opcode);
  if (form < 0) return 0;
  if (form & unary_group && (*at >> 3 & 7) > 1) form &= ~(byte_operand | word_operand);
  if (form & has_modrm) at += modrm_length(at);
  if (form & byte_operand) at += 1;
  if (form & word_operand) at += is_short ? 2 : 4;
  if (form & full_operand) at += is_wide ? 8 : is_short ? 2 : 4;
  return (size_t)(at - code);
}

#elif defined(__aarch64__)

/* Arm Architecture Reference Manual for A-profile, C4.1: branches, exceptions and system instructions are one group. Of
   that group, hints (nop, bti) and reading a system register (the thread's pointer) go on. */
size_t code_plain_length(const uint8_t *code) {
  uint32_t word = code_word(code);
  if ((word & 0x1c000000) != 0x14000000) return (word & 0x1e000000) == 0 ? 0 : 4;
  return (word & 0xfffff01f) == 0xd503201f || (word & 0xfff00000) == 0xd5300000 ? 4 : 0;
}

#endif
