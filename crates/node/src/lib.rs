//! The Node binding: thin napi classes over the session. Nothing is decided here.
//!
//! Frames and counts cross as JavaScript numbers (safe integers). Errors cross as
//! `CODE: message`; the TypeScript side makes its `NoxrunError` of them.
#![allow(
    missing_docs,
    reason = "the exported items are documented where users see them, in the TypeScript classes"
)]
#![cfg_attr(
    test,
    allow(
        dead_code,
        reason = "only the addon's registration calls these, and a test build has none"
    )
)]

mod capture;
mod control;
mod cpu;
mod device;
mod engine;
mod error;
mod hot;
mod input;
mod meter;
mod offline;
mod pcm;
mod reader;
mod recording;
mod report;
mod sample;
mod specs;
mod tap;
mod work;

/// Counts what callbacks allocate and free.
#[global_allocator]
static ALLOCATOR: noxrun_session::CountingAllocator = noxrun_session::CountingAllocator;
