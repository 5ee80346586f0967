/* What the code at a place says of the stack: as little of decoding as tells whether an instruction goes by the stack
   pointer, and how many bytes its function has just taken for its frame. */

#include "../common/signals.h"
#include "stack.h"

#if defined(__x86_64__)

enum { longest = 15, looked_back = 96 };

/* 50-57 push, 68 and 6a push, e8 call, c8 enter, 9c pushf, ff /2 and /6 call and push, 0f a0 and a8 push fs and gs (Intel SDM,
   volume 2, appendix A). Prefixes, REX among them, stand before. Of VEX, EVEX and all other instructions with a memory
   operand that a compiler addresses its frame with, a ModRM byte stands behind the opcode. */
static void decode(const uint8_t *code, size_t length, struct instruction_facts *facts) {
  size_t at = 0;
  uint8_t rex = 0;
  while (at < length && (code[at] == 0x66 || code[at] == 0xf2 || code[at] == 0xf3 || code[at] == 0xf0)) at++;
  if (at < length && (code[at] & 0xf0) == 0x40) rex = code[at++];
  if (at + 2 >= length) return;
  uint8_t opcode = code[at++];
  if ((opcode & 0xf8) == 0x50 || opcode == 0x68 || opcode == 0x6a || opcode == 0xe8 || opcode == 0xc8 || opcode == 0x9c) {
    facts->is_push = 1;
    return;
  }
  if (opcode == 0x0f) {
    opcode = code[at++];
    if (opcode == 0xa0 || opcode == 0xa8) {
      facts->is_push = 1;
      return;
    }
    if (opcode == 0x38 || opcode == 0x3a) at++;
  } else if (opcode == 0xc5) {
    at += 2;
  } else if (opcode == 0xc4) {
    rex = (uint8_t)(~code[at] >> 5 & 1); /* VEX.B, inverted. */
    at += 3;
  } else if (opcode == 0x62) {
    rex = (uint8_t)(~code[at] >> 5 & 1);
    at += 4;
  } else if (opcode == 0xff) {
    unsigned extension = code[at] >> 3 & 7;
    if (extension == 2 || extension == 6) {
      facts->is_push = 1;
      return;
    }
  } else if (opcode >= 0xa0 && opcode <= 0xaf) {
    return; /* String instructions, and those with an address of eight bytes. */
  }
  if (at + 1 >= length) return;
  uint8_t modrm = code[at], sib = code[at + 1];
  /* By %rsp: a SIB byte with the base 4 and the index 4, which is none. With REX.B it would be %r12. */
  facts->is_by_stack = modrm < 0xc0 && (modrm & 7) == 4 && (sib & 7) == 4 && (sib >> 3 & 7) == 4 && (rex & 1) == 0;
}

static uint32_t word_at(const uint8_t *bytes) {
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* The nearest `sub $N,%rsp` before, or `lea -N(%rsp),%r11`, with which a compiler begins to probe page by page. */
static size_t frame_before(const uint8_t *pc, size_t length) {
  for (size_t back = 4; back <= length; back++) {
    const uint8_t *code = pc - back;
    if (back >= 7 && code[0] == 0x48 && code[1] == 0x81 && code[2] == 0xec) {
      size_t size = word_at(code + 3);
      /* In a loop of probes it is the page. */
      if (size != 0x1000) return size;
    }
    if (back >= 8 && code[0] == 0x4c && code[1] == 0x8d && code[2] == 0x9c && code[3] == 0x24)
      return (size_t)(uint32_t)-word_at(code + 4);
    if (code[0] == 0x48 && code[1] == 0x83 && code[2] == 0xec && code[3] < 0x80) return code[3];
  }
  return 0;
}

struct instruction_facts instruction_at(uintptr_t pc) {
  struct instruction_facts facts = {0, 0, 0};
  if (!is_readable(pc)) return facts;
  size_t page = 4096 - pc % 4096, length = longest, back = looked_back;
  if (page < length && !is_readable(pc + page)) length = page;
  if (pc % 4096 < back && !is_readable(pc - pc % 4096 - 8)) back = pc % 4096;
  decode((const uint8_t *)pc, length, &facts);
  facts.frame = frame_before((const uint8_t *)pc, back);
  return facts;
}

#else

enum { looked_back = 16 };

/* Loads and stores (Arm ARM, C4.1: bits 27 and 25 are 1 and 0) whose base, bits 5 to 9, is the stack pointer: 31; those with a
   register for an offset have bits 29 to 27 111, 24 0, 21 1, 11 and 10 10. Exclusive ones and literals have other bases. */
static int is_by_stack(uint32_t code) {
  if ((code >> 25 & 5) != 4 || (code >> 5 & 31) != 31) return 0;
  if ((code >> 27 & 3) == 3 && (code >> 24 & 3) == 1) return 1;          /* Unsigned offset. */
  if ((code >> 27 & 7) == 5) return 1;                                    /* Pairs. */
  if ((code >> 27 & 3) == 3 && (code >> 24 & 3) == 0) return (code >> 21 & 1) == 0; /* Immediate, pre- and post-indexed. */
  return 0;
}

/* The constant that movz and movk (C6.2) have made in a register, just before. */
static size_t constant_before(const uint32_t *code, size_t count, uint32_t name) {
  size_t value = 0;
  for (size_t back = 1; back <= count; back++) {
    uint32_t move = code[-(ptrdiff_t)back];
    unsigned shift = (move >> 21 & 3) * 16;
    int is_first = (move & 0xff800000) == 0xd2800000;
    if ((move & 31) != name || (!is_first && (move & 0xff800000) != 0xf2800000)) continue;
    value |= (size_t)(move >> 5 & 0xffff) << shift;
    if (is_first) return value;
  }
  return 0;
}

/* `sub sp, sp, #N`, several in a row added together, or `sub sp, sp, xN` after a constant. */
static size_t frame_before(const uint32_t *pc, size_t count) {
  size_t sum = 0;
  for (size_t back = 1; back <= count; back++) {
    uint32_t code = pc[-(ptrdiff_t)back];
    if ((code & 0xff8003ff) == 0xd10003ff)
      sum += (size_t)(code >> 10 & 0xfff) << (code >> 22 & 1 ? 12 : 0);
    else if (sum != 0)
      break;
    else if ((code & 0xffe0ffff) == 0xcb2063ff)
      return constant_before(&pc[-(ptrdiff_t)back], count - back, code >> 16 & 31);
  }
  return sum;
}

struct instruction_facts instruction_at(uintptr_t pc) {
  struct instruction_facts facts = {0, 0, 0};
  if (pc % 4 != 0 || !is_readable(pc)) return facts;
  size_t back = looked_back * 4;
  if (pc % 4096 < back && !is_readable(pc - pc % 4096 - 8)) back = pc % 4096;
  facts.is_by_stack = (uint8_t)is_by_stack(*(const uint32_t *)pc);
  facts.frame = frame_before((const uint32_t *)pc, back / 4);
  return facts;
}

#endif
