// Shows a stack that legally continues in segments which the real `stacker` crate maps, and a null read at its end.

#[inline(never)]
fn descend(turns: u64) -> u64 {
    let frame = black_box([turns; 64]);
    stacker::maybe_grow(32 * 1024, 1024 * 1024, || {
        if turns == 0 {
            // SAFETY: none. This is the crash.
            unsafe { black_box(std::ptr::null::<u64>()).read_volatile() }
        } else {
            descend(turns - 1) + frame[(turns % 64) as usize]
        }
    })
}

fn main() {
    // About 1 KiB a turn: the main stack's 8 MiB and a few segments of 1 MiB.
    println!("{}", descend(12_000));
}

/// As std::hint::black_box, which is not stable yet in the rustc of Debian 12.
#[inline(never)]
fn black_box<T>(value: T) -> T {
    unsafe {
        let same = std::ptr::read_volatile(&value);
        std::mem::forget(value);
        same
    }
}
