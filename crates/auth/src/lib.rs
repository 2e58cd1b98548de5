//! Who is calling: principals, identity providers behind one trait, key sets and the allow-list.
