//! An in-process lock node for tests and demonstrations
