//! What the tests share: a database per test from a template, a Redis prefix per test, waiting on conditions.
