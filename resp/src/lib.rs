//! RESP2 and RESP3 decoder and encoder without I/O
