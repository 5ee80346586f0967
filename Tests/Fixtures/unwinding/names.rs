// A generic function, a method of a trait, a closure, and a main, whose names a report has to make readable.
use std::collections::HashMap;

struct Wrapped<T>(T);

trait Weigh {
    fn weigh(&self, by: usize) -> usize;
}

impl<T: Clone> Weigh for Wrapped<Vec<T>> {
    #[inline(never)]
    fn weigh(&self, by: usize) -> usize {
        let scale = |x: usize| x * by + self.0.len();
        scale(black_box(by))
    }
}

#[inline(never)]
fn count<T, const N: usize>(map: &HashMap<String, [T; N]>) -> usize {
    black_box(map.len()) + N
}

fn main() {
    let map: HashMap<String, [u8; 4]> = HashMap::new();
    println!("{} {}", count(&map), Wrapped(vec![1u8]).weigh(3));
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
