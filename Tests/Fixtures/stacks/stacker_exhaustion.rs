// Shows a segment of the real `stacker` crate that runs out: grown once, and then recursed in without asking again.

#[inline(never)]
fn descend(turns: u64) -> u64 {
    let frame = black_box([turns; 64]);
    descend(turns + 1) + frame[(turns % 64) as usize]
}

#[inline(never)]
fn parse() -> u64 {
    stacker::grow(1024 * 1024, || descend(0))
}

fn main() {
    println!("{}", parse());
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
