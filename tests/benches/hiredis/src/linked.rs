//! The library's own functions, as `hiredis.h` and `read.h` declare them in 0.14 and in 1.x.

use core::ffi::{c_char, c_int, c_void};
use core::hint::black_box;
use core::ptr::{self, NonNull};

use crate::Objects;

/// The library's version, as pkg-config told it.
pub const VERSION: Option<&str> = Some(env!("HIREDIS_VERSION"));

/// Most arguments of a command that [`format`] takes.
const ARGUMENTS: usize = 16;

unsafe extern "C" {
    fn redisReaderCreate() -> *mut c_void;
    fn redisReaderCreateWithFunctions(functions: *mut c_void) -> *mut c_void;
    fn redisReaderFree(reader: *mut c_void);
    fn redisReaderFeed(reader: *mut c_void, bytes: *const c_char, len: usize) -> c_int;
    fn redisReaderGetReply(reader: *mut c_void, reply: *mut *mut c_void) -> c_int;
    fn freeReplyObject(reply: *mut c_void);
    fn redisFormatCommandArgv(
        target: *mut *mut c_char,
        count: c_int,
        arguments: *mut *const c_char,
        lengths: *const usize,
    ) -> c_int;
    fn redisFreeCommand(command: *mut c_char);
}

/// A `redisReader`. It copies what it is fed into a buffer of its own.
#[derive(Debug)]
pub struct Reader {
    reader: NonNull<c_void>,
    objects: Objects,
}

impl Reader {
    /// A reader at the start of a stream; `None` where there is no memory for it.
    #[must_use]
    pub fn new(objects: Objects) -> Option<Self> {
        let reader = match objects {
            // SAFETY: takes nothing.
            Objects::Built => unsafe { redisReaderCreate() },
            // SAFETY: the reader checks for the null pointer and then builds nothing.
            Objects::None => unsafe { redisReaderCreateWithFunctions(ptr::null_mut()) },
        };
        let reader = NonNull::new(reader)?;
        Some(Self { reader, objects })
    }

    /// Appends bytes to the reader's buffer.
    ///
    /// # Panics
    /// Where the reader has seen an error or has no memory.
    pub fn feed(&mut self, bytes: &[u8]) {
        // SAFETY: the reader is alive, and copies `len` bytes from a pointer that is good for them.
        let status =
            unsafe { redisReaderFeed(self.reader.as_ptr(), bytes.as_ptr().cast(), bytes.len()) };
        assert_eq!(status, 0, "hiredis takes no more");
    }

    /// Takes the next reply, shows it to a black box and frees it. False: it needs more bytes.
    ///
    /// # Panics
    /// Where hiredis finds a mistake in the stream.
    pub fn take(&mut self) -> bool {
        let mut reply = ptr::null_mut();
        // SAFETY: the reader is alive, and `reply` is a place for one pointer.
        let status = unsafe { redisReaderGetReply(self.reader.as_ptr(), &raw mut reply) };
        assert_eq!(status, 0, "hiredis finds no RESP");
        let reply = black_box(reply);
        if reply.is_null() {
            return false;
        }
        if self.objects == Objects::Built {
            // SAFETY: the reader made this object and gave it away.
            unsafe { freeReplyObject(reply) };
        }
        true
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // SAFETY: it was created by the library and is freed once.
        unsafe { redisReaderFree(self.reader.as_ptr()) };
    }
}

/// Formats a command into memory of the library's, shows it to a black box and frees it; its length.
/// `None` where there is no memory.
///
/// # Panics
/// With more than 16 arguments.
#[must_use]
pub fn format(arguments: &[&[u8]]) -> Option<usize> {
    let mut pointers = [ptr::null(); ARGUMENTS];
    let mut lengths = [0; ARGUMENTS];
    assert!(arguments.len() <= ARGUMENTS, "too many arguments");
    for ((argument, pointer), length) in arguments.iter().zip(&mut pointers).zip(&mut lengths) {
        *pointer = argument.as_ptr().cast();
        *length = argument.len();
    }
    let count = c_int::try_from(arguments.len()).ok()?;
    let mut target = ptr::null_mut();
    // SAFETY: the first `count` pointers are good for the first `count` lengths, and `target` is a place for one.
    let length = unsafe {
        redisFormatCommandArgv(
            &raw mut target,
            count,
            pointers.as_mut_ptr(),
            lengths.as_ptr(),
        )
    };
    let length = usize::try_from(length).ok()?;
    black_box(target);
    // SAFETY: the library made this command and gave it away.
    unsafe { redisFreeCommand(target) };
    Some(length)
}
