// Shows a block that unsafe Rust reads a pointer from after it was dropped.
// Kept from the optimiser by a pointer that is read as volatile (std::hint::black_box is too new for some compilers).
fn black_box<T>(value: T) -> T {
    let result = unsafe { std::ptr::read_volatile(&value) };
    std::mem::forget(value);
    result
}

#[repr(C)]
struct Node {
    next: *const Node,
    value: u64,
    more: [u64; 4],
}

#[inline(never)]
unsafe fn next_value(node: *const Node) -> u64 {
    unsafe { (*(*node).next).value }
}

fn main() {
    let other = Box::new(Node { next: std::ptr::null(), value: 1, more: [0; 4] });
    let node = Box::new(Node { next: &*other, value: other.value + other.more[0], more: [1; 4] });
    let pointer: *const Node = black_box(&*node);
    drop(black_box(other));
    drop(black_box(node));
    std::process::exit(unsafe { next_value(pointer) } as i32);
}
