/* long handrail_cancellable_call(const int *is_cancelled, long number, long a, long b, long c, long d, long e, long f)

   A system call, unless *is_cancelled. Where a thread is cancelled while it is at an instruction from handrail_call_begin on
   and before handrail_call_end, nothing has been done yet: the handler lets it go on at handrail_call_cancelled. The end is
   the instruction after the call, and is not in the range: there, the result is in a register and nowhere else. A call that
   was interrupted and is to be made again has its instruction before it again, and is in the range: musl's design. */

#if defined(__x86_64__)

  .text
  .p2align 4
  .globl handrail_cancellable_call, handrail_call_begin, handrail_call_end, handrail_call_cancelled
  .hidden handrail_cancellable_call, handrail_call_begin, handrail_call_end, handrail_call_cancelled
  .type handrail_cancellable_call, @function
handrail_cancellable_call:
  .cfi_startproc
  endbr64
handrail_call_begin:
  cmpl $0, (%rdi)
  jne handrail_call_cancelled
  movq %rsi, %rax
  movq %rdx, %rdi
  movq %rcx, %rsi
  movq %r8, %rdx
  movq %r9, %r10
  movq 8(%rsp), %r8
  movq 16(%rsp), %r9
  syscall
handrail_call_end:
  retq
handrail_call_cancelled:
  movq $-10000, %rax /* HANDRAIL_CANCELLED */
  retq
  .cfi_endproc
  .size handrail_cancellable_call, . - handrail_cancellable_call

/* long handrail_asynchronous_call(void **resume, const int *is_cancelled, void (*function)(void *), void *context)

   Calls a function. As long as *resume is not null, a handler may let the thread go on at handrail_asynchronous_end with
   the address of `resume` in the first argument's register: then the function is left where it was, and the result is
   HANDRAIL_CANCELLED. */
  .p2align 4
  .globl handrail_asynchronous_call, handrail_asynchronous_end
  .hidden handrail_asynchronous_call, handrail_asynchronous_end
  .type handrail_asynchronous_call, @function
handrail_asynchronous_call:
  .cfi_startproc
  endbr64
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  movq %rsp, %rbp
  .cfi_def_cfa_register %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  pushq %rdi
  .cfi_offset %rbx, -24
  .cfi_offset %r12, -32
  .cfi_offset %r13, -40
  .cfi_offset %r14, -48
  .cfi_offset %r15, -56
  movq %rsp, (%rdi)
  cmpl $0, (%rsi)
  jne handrail_asynchronous_end
  movq %rdx, %rax
  movq %rcx, %rdi
  callq *%rax
  movq (%rsp), %rdi
  movq $0, (%rdi)
  xorl %eax, %eax
  jmp 1f
handrail_asynchronous_end:
  movq (%rdi), %rsp
  leaq 48(%rsp), %rbp
  movq $0, (%rdi)
  cld
  movq $-10000, %rax
1:
  popq %rdi
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  .cfi_def_cfa %rsp, 8
  .cfi_restore %rbx
  .cfi_restore %rbp
  .cfi_restore %r12
  .cfi_restore %r13
  .cfi_restore %r14
  .cfi_restore %r15
  retq
  .cfi_endproc
  .size handrail_asynchronous_call, . - handrail_asynchronous_call

#elif defined(__aarch64__)

  .text
  .p2align 4
  .globl handrail_cancellable_call, handrail_call_begin, handrail_call_end, handrail_call_cancelled
  .hidden handrail_cancellable_call, handrail_call_begin, handrail_call_end, handrail_call_cancelled
  .type handrail_cancellable_call, %function
handrail_cancellable_call:
  .cfi_startproc
  hint #34 /* bti c */
handrail_call_begin:
  ldr w8, [x0]
  cbnz w8, handrail_call_cancelled
  mov x8, x1
  mov x0, x2
  mov x1, x3
  mov x2, x4
  mov x3, x5
  mov x4, x6
  mov x5, x7
  svc #0
handrail_call_end:
  ret
handrail_call_cancelled:
  mov x0, #-10000 /* HANDRAIL_CANCELLED */
  ret
  .cfi_endproc
  .size handrail_cancellable_call, . - handrail_cancellable_call

/* As above. */
  .p2align 4
  .globl handrail_asynchronous_call, handrail_asynchronous_end
  .hidden handrail_asynchronous_call, handrail_asynchronous_end
  .type handrail_asynchronous_call, %function
handrail_asynchronous_call:
  .cfi_startproc
  hint #34
  stp x29, x30, [sp, #-176]!
  .cfi_def_cfa_offset 176
  .cfi_offset x29, -176
  .cfi_offset x30, -168
  mov x29, sp
  .cfi_def_cfa x29, 176
  stp x19, x20, [sp, #16]
  stp x21, x22, [sp, #32]
  stp x23, x24, [sp, #48]
  stp x25, x26, [sp, #64]
  stp x27, x28, [sp, #80]
  .cfi_offset x19, -160
  .cfi_offset x20, -152
  .cfi_offset x21, -144
  .cfi_offset x22, -136
  .cfi_offset x23, -128
  .cfi_offset x24, -120
  .cfi_offset x25, -112
  .cfi_offset x26, -104
  .cfi_offset x27, -96
  .cfi_offset x28, -88
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  str x0, [sp, #160]
  mov x9, sp
  str x9, [x0]
  ldr w9, [x1]
  cbnz w9, handrail_asynchronous_end
  mov x0, x3
  blr x2
  ldr x9, [sp, #160]
  str xzr, [x9]
  mov x0, #0
  b 1f
handrail_asynchronous_end:
  ldr x9, [x0]
  mov sp, x9
  mov x29, sp
  str xzr, [x0]
  mov x0, #-10000
1:
  ldp d14, d15, [sp, #144]
  ldp d12, d13, [sp, #128]
  ldp d10, d11, [sp, #112]
  ldp d8, d9, [sp, #96]
  ldp x27, x28, [sp, #80]
  ldp x25, x26, [sp, #64]
  ldp x23, x24, [sp, #48]
  ldp x21, x22, [sp, #32]
  ldp x19, x20, [sp, #16]
  ldp x29, x30, [sp], #176
  .cfi_def_cfa sp, 0
  .cfi_restore x19
  .cfi_restore x20
  .cfi_restore x21
  .cfi_restore x22
  .cfi_restore x23
  .cfi_restore x24
  .cfi_restore x25
  .cfi_restore x26
  .cfi_restore x27
  .cfi_restore x28
  .cfi_restore x29
  .cfi_restore x30
  ret
  .cfi_endproc
  .size handrail_asynchronous_call, . - handrail_asynchronous_call

#else
#error "Handrail is made for x86-64 and aarch64"
#endif

  .section .note.GNU-stack, "", %progbits
