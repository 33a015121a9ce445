//! Folders as they are read, and what is said about wrong ones.
