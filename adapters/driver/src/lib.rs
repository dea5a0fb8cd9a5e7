//! Drives quorlock-core over any async runtime: one task, handles and guards
