/* Where the kernel enters our handler. It calls guard_signal with the frame that the kernel has written, and then goes on in
   the program's own handler as if the kernel had entered that: on the same stack, or on another one to which the frame was
   copied, with nothing of ours below it; or it returns from the signal. */

#if defined(__x86_64__)

        .text
        .globl guard_entry
        .hidden guard_entry
        .type guard_entry, @function
        .p2align 4
guard_entry:
        .cfi_startproc
        endbr64
        subq $40, %rsp
        .cfi_adjust_cfa_offset 40
        leaq 40(%rsp), %rax
        movq %rax, (%rsp)
        movq %rsi, 8(%rsp)
        movq %rdx, 16(%rsp)
        movl %edi, 24(%rsp)
        movq %rsp, %rcx
        call guard_signal
        testq %rax, %rax
        jz 1f
        movq %rax, %r11
        movl 24(%rsp), %edi
        movq 8(%rsp), %rsi
        movq 16(%rsp), %rdx
        movq (%rsp), %rsp
        .cfi_adjust_cfa_offset -40
        xorl %eax, %eax
        jmp *%r11
1:      .cfi_adjust_cfa_offset 40
        addq $40, %rsp
        .cfi_adjust_cfa_offset -40
        ret
        .cfi_endproc
        .size guard_entry, .-guard_entry

/* The kernel returns from a handler to here. The instructions are those that unwinders know it by, byte for byte, and the
   call frame information says the same: CFA and all registers are in the context that %rsp points to (struct sigcontext,
   at 40 in struct ucontext; arch/x86/include/uapi/asm). */
        .p2align 4
        .cfi_startproc simple
        .cfi_signal_frame
        /* DW_CFA_def_cfa_expression: breg7 160, deref */
        .cfi_escape 0x0f, 4, 0x77, 0xa0, 0x01, 0x06
        /* DW_CFA_expression: breg7, offset */
        .cfi_escape 0x10, 0, 3, 0x77, 0x90, 0x01 /* rax at 144 */
        .cfi_escape 0x10, 1, 3, 0x77, 0x88, 0x01 /* rdx at 136 */
        .cfi_escape 0x10, 2, 3, 0x77, 0x98, 0x01 /* rcx at 152 */
        .cfi_escape 0x10, 3, 3, 0x77, 0x80, 0x01 /* rbx at 128 */
        .cfi_escape 0x10, 4, 3, 0x77, 0xf0, 0x00 /* rsi at 112 */
        .cfi_escape 0x10, 5, 3, 0x77, 0xe8, 0x00 /* rdi at 104 */
        .cfi_escape 0x10, 6, 3, 0x77, 0xf8, 0x00 /* rbp at 120 */
        .cfi_escape 0x10, 7, 3, 0x77, 0xa0, 0x01 /* rsp at 160 */
        .cfi_escape 0x10, 8, 2, 0x77, 0x28 /* r8 at 40 */
        .cfi_escape 0x10, 9, 2, 0x77, 0x30 /* r9 at 48 */
        .cfi_escape 0x10, 10, 2, 0x77, 0x38 /* r10 at 56 */
        .cfi_escape 0x10, 11, 3, 0x77, 0xc0, 0x00 /* r11 at 64 */
        .cfi_escape 0x10, 12, 3, 0x77, 0xc8, 0x00 /* r12 at 72 */
        .cfi_escape 0x10, 13, 3, 0x77, 0xd0, 0x00 /* r13 at 80 */
        .cfi_escape 0x10, 14, 3, 0x77, 0xd8, 0x00 /* r14 at 88 */
        .cfi_escape 0x10, 15, 3, 0x77, 0xe0, 0x00 /* r15 at 96 */
        .cfi_escape 0x10, 16, 3, 0x77, 0xa8, 0x01 /* rip at 168 */
        /* Unwinders look a return address up at minus one. */
        nop
        .globl guard_restorer
        .hidden guard_restorer
        .type guard_restorer, @function
guard_restorer:
        movq $15, %rax
        syscall
        .cfi_endproc
        .size guard_restorer, .-guard_restorer

/* void *guard_run(routine, argument): calls a thread's routine. However the routine is left, guard_unwound hears of it: by
   an unwinder, as the personality of this frame. */
        .globl guard_run
        .hidden guard_run
        .type guard_run, @function
        .p2align 4
guard_run:
        .cfi_startproc
        .cfi_personality 0x1b, guard_unwound
        endbr64
        subq $8, %rsp
        .cfi_adjust_cfa_offset 8
        movq %rdi, %rax
        movq %rsi, %rdi
        call *%rax
        addq $8, %rsp
        .cfi_adjust_cfa_offset -8
        ret
        .cfi_endproc
        .size guard_run, .-guard_run

#elif defined(__aarch64__)

        .text
        .globl guard_entry
        .hidden guard_entry
        .type guard_entry, %function
        .p2align 4
guard_entry:
        .cfi_startproc
        hint #34 /* bti c */
        stp x29, x30, [sp, #-80]!
        .cfi_adjust_cfa_offset 80
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        mov x29, sp
        add x9, sp, #80
        stp x9, x1, [sp, #16]
        str x2, [sp, #32]
        ldr x9, [sp]
        str x9, [sp, #40]
        str w0, [sp, #48]
        add x3, sp, #16
        bl guard_signal
        cbz x0, 1f
        mov x16, x0
        ldr w0, [sp, #48]
        ldp x9, x1, [sp, #16]
        ldp x2, x10, [sp, #32]
        ldr x30, [sp, #8]
        mov x29, x10
        mov sp, x9
        br x16
1:      ldp x29, x30, [sp], #80
        .cfi_adjust_cfa_offset -80
        .cfi_restore x29
        .cfi_restore x30
        ret
        .cfi_endproc
        .size guard_entry, .-guard_entry

        .globl guard_run
        .hidden guard_run
        .type guard_run, %function
        .p2align 4
guard_run:
        .cfi_startproc
        .cfi_personality 0x1b, guard_unwound
        hint #34
        stp x29, x30, [sp, #-16]!
        .cfi_adjust_cfa_offset 16
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        mov x29, sp
        mov x9, x0
        mov x0, x1
        blr x9
        ldp x29, x30, [sp], #16
        .cfi_adjust_cfa_offset -16
        .cfi_restore x29
        .cfi_restore x30
        ret
        .cfi_endproc
        .size guard_run, .-guard_run

#endif

        .section .note.GNU-stack, "", %progbits
