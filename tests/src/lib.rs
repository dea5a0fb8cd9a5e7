//! Harness and tests of quorlock against real servers
