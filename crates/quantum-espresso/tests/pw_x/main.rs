//! What the real `pw.x` makes of emitted inputs, and what is made of its output.

mod accepted;
mod endings;
mod examples;
mod lattices;
mod process;
