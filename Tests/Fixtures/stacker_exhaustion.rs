// Shows a segment of the real `stacker` crate that runs out: grown once, and then recursed in without asking again.
use std::hint::black_box;

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
