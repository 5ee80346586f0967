/* void handrail_switch_stack(void *top, void (*function)(void *), void *argument)

   Calls a function on another stack, whose upper end is a multiple of sixteen. The frame that switches finds its caller by
   the frame pointer, and says so in call frame information that holds at every instruction, so that unwinders go through.

   The frame is called __morestack, which is a name of this file only: it is what such a frame is called where the compiler
   splits stacks, and gdb takes a stack that goes on at a higher address for a broken one anywhere else. */

#if defined(__x86_64__)

  .text
  .p2align 4
  .globl handrail_switch_stack
  .hidden handrail_switch_stack
  .type handrail_switch_stack, @function
handrail_switch_stack:
  .cfi_startproc
  endbr64
  jmp __morestack
  .cfi_endproc
  .size handrail_switch_stack, . - handrail_switch_stack

  .p2align 4
  .type __morestack, @function
__morestack:
  .cfi_startproc
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  movq %rsp, %rbp
  .cfi_def_cfa_register %rbp
  movq %rdi, %rsp
  movq %rdx, %rdi
  callq *%rsi
  movq %rbp, %rsp
  popq %rbp
  .cfi_def_cfa %rsp, 8
  .cfi_restore %rbp
  retq
  .cfi_endproc
  .size __morestack, . - __morestack

#elif defined(__aarch64__)

  .text
  .p2align 4
  .globl handrail_switch_stack
  .hidden handrail_switch_stack
  .type handrail_switch_stack, %function
handrail_switch_stack:
  .cfi_startproc
  hint #34 /* bti c */
  b __morestack
  .cfi_endproc
  .size handrail_switch_stack, . - handrail_switch_stack

  .p2align 4
  .type __morestack, %function
__morestack:
  .cfi_startproc
  stp x29, x30, [sp, #-16]!
  .cfi_def_cfa_offset 16
  .cfi_offset x29, -16
  .cfi_offset x30, -8
  mov x29, sp
  .cfi_def_cfa x29, 16
  mov sp, x0
  mov x0, x2
  blr x1
  mov sp, x29
  .cfi_def_cfa sp, 16
  ldp x29, x30, [sp], #16
  .cfi_def_cfa_offset 0
  .cfi_restore x29
  .cfi_restore x30
  ret
  .cfi_endproc
  .size __morestack, . - __morestack

#else
#error "Handrail is made for x86-64 and aarch64"
#endif

  .section .note.GNU-stack, "", %progbits
