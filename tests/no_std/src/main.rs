//! A program without std that decodes a reply and encodes a command with quorlock's crates.
//!
//! The panic handler below is what makes it a proof: std brings one as well, and rustc refuses to compile a program
//! with two ("found duplicate lang item `panic_impl`"). So no crate of the whole graph links std, on any target; and
//! since it runs, nothing that std would have set up is missed. The allocator is the C library's.
#![no_std]
#![no_main]

#[cfg(feature = "std")]
extern crate std;

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::{c_int, c_void};
use core::panic::PanicInfo;

use bytes::BytesMut;
use quorlock_resp::{Decoder, Limits, Value, encode};

#[link(name = "c")]
unsafe extern "C" {
    fn abort() -> !;
    fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void;
    fn free(pointer: *mut c_void);
}

struct CLibrary;

// SAFETY: `aligned_alloc` answers a block of the size and alignment asked for or null, and `free` takes it back. C
// wants the size to be a multiple of the alignment, which `pad_to_align` makes it.
unsafe impl GlobalAlloc for CLibrary {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: see above; an alignment is a power of two.
        unsafe { aligned_alloc(layout.align(), layout.pad_to_align().size()).cast() }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, _: Layout) {
        // SAFETY: the pointer came from `alloc`.
        unsafe { free(pointer.cast()) }
    }
}

#[global_allocator]
static ALLOCATOR: CLibrary = CLibrary;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: `abort` has no conditions.
    unsafe { abort() }
}

/// The compiler's own `alloc` was built to unwind and names this function; nothing unwinds here to call it.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// Exits with 0 when the crates did their work.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    c_int::from(!(decodes() && encodes()))
}

fn decodes() -> bool {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    match decoder.decode(b"*2\r\n:1\r\n$2\r\nok\r\n") {
        Ok(Some(reply)) => matches!(reply.value(), Value::Array(items) if items.len() == 2),
        _ => false,
    }
}

/// Sends the core's own script.
fn encodes() -> bool {
    let mut out = BytesMut::new();
    let script = quorlock_core::script::ACQUIRE;
    encode::command(&mut out, &[b"SCRIPT", b"LOAD", script.text.as_bytes()]);
    out.starts_with(b"*3\r\n$6\r\nSCRIPT\r\n")
}
